/** npm run cluster -- up|down|run|… : a real Kubernetes with two nodes on this machine, for a person with kubectl and helm. */
import { dirname } from 'node:path';
import { binariesFolder } from '../../controlplane/binaries.ts';
import { type ByHand, runByHand } from '../../controlplane/by-hand.ts';
import { buildHelm, helmProgram, isHelmBuilt } from '../../controlplane/helm.ts';
import { buildOwnImages } from '../images.ts';
import { buildKarpenter, karpenterFolder } from '../karpenter/programs.ts';
import { buildPrograms } from './programs.ts';
import { standing } from './standing-cluster.ts';

const folders = () => [...(isHelmBuilt() ? [dirname(helmProgram())] : []), binariesFolder()];

const cluster: ByHand = {
  name: 'cluster',
  what: 'cluster',
  standing,
  starts: 'two nodes of Kubernetes',
  build: async (say, words) => {
    await buildPrograms(say);
    await buildHelm(say);
    if (words.some((word) => word === '--images' || word === '--ebb')) await buildOwnImages(say);
    return folders();
  },
  buildForTests: async (say) => {
    await buildKarpenter(say);
    return [karpenterFolder(), await buildOwnImages(say)];
  },
  folders,
  ready: (url) => `two nodes are ready, the API server is at ${url}`,
  upWords: {
    '--images': 'with the images of this tree on both nodes, built first',
    '--ebb': 'the same, and with charts/ebb installed',
    '--no-swap': 'no swap of its own where the machine has none: nothing can be paged out',
  },
};

await runByHand(cluster, process.argv.slice(2));
