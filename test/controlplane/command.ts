/** npm run controlplane -- up|down|kubeconfig|run|build : a real API server on this machine for a person with kubectl. */
import { binariesFolder, buildBinaries } from './binaries.ts';
import { runByHand } from './by-hand.ts';
import { buildHelm } from './helm.ts';
import { buildKrew } from './krew.ts';
import { standing } from './standing-plane.ts';

await runByHand(
  {
    name: 'controlplane',
    what: 'control plane',
    standing,
    starts: 'etcd and kube-apiserver',
    build: async (say) => [await buildBinaries(say)],
    buildForTests: async (say) => [await buildHelm(say), await buildKrew(say)],
    folders: () => [binariesFolder()],
    ready: (url) => `kube-apiserver is ready at ${url}`,
  },
  process.argv.slice(2),
);
