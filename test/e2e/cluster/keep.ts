/**
 * keep.ts [--images | --ebb] [--no-swap]: the process behind `npm run cluster -- up`: keeps one cluster, with swap where the
 * machine has none.
 */
import { keepStanding } from '../../controlplane/keep-standing.ts';
import { acquireSwap, hasOwnSwap } from '../../kernel/swap.ts';
import { installChart } from '../ebb.ts';
import { importImages } from '../images.ts';
import { startCluster } from './cluster.ts';
import { standing } from './standing-cluster.ts';

const has = (word: string): boolean => process.argv.includes(word);
const swapped = has('--no-swap') || hasOwnSwap();

await keepStanding(standing, async () => {
  const cluster = await startCluster({ folder: standing.folder });
  const swap = swapped ? null : await acquireSwap({ kind: 'zram', bytes: 2 ** 31 });
  const stop = async () => {
    await cluster.stop();
    await swap?.release();
  };
  try {
    if (has('--images') || has('--ebb')) await importImages(cluster);
    if (has('--ebb')) await installChart(cluster, []);
    return { url: cluster.plane.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
});
