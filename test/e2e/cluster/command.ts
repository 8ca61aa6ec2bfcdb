/** npm run cluster -- up|down|run|… : a real Kubernetes with two nodes on this machine, for a person with kubectl. */
import { binariesFolder } from '../../controlplane/binaries.ts';
import { type ByHand, runByHand } from '../../controlplane/by-hand.ts';
import { buildPrograms } from './programs.ts';
import { standing } from './standing-cluster.ts';

const cluster: ByHand = {
  name: 'cluster',
  what: 'cluster',
  standing,
  starts: 'two nodes of Kubernetes',
  build: async (say) => {
    await buildPrograms(say);
    return [binariesFolder()];
  },
  folders: () => [binariesFolder()],
  ready: (url) => `two nodes are ready, the API server is at ${url}`,
  upWords: { '--no-swap': 'no swap of its own where the machine has none: nothing can be paged out' },
};

await runByHand(cluster, process.argv.slice(2));
