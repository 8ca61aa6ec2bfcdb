/** keep.ts [--no-swap]: the process behind `npm run cluster -- up`: keeps one cluster, with swap where the machine has none. */
import { keepStanding } from '../../controlplane/keep-standing.ts';
import { acquireSwap, swapAreas } from '../../kernel/swap.ts';
import { startCluster } from './cluster.ts';
import { standing } from './standing-cluster.ts';

const swapped = process.argv.includes('--no-swap') || swapAreas().length > 0;

await keepStanding(standing, async () => {
  const cluster = await startCluster({ folder: standing.folder });
  const swap = swapped ? null : await acquireSwap({ kind: 'zram', bytes: 2 ** 31 });
  return {
    url: cluster.plane.url,
    stop: async () => {
      await cluster.stop();
      await swap?.release();
    },
  };
});
