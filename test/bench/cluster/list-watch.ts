/** What it costs to keep all pods of a cluster in sight, beside the same with the informer of @kubernetes/client-node. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure } from '../figures.ts';
import type { Followed } from './follower.ts';

const program = join(import.meta.dirname, 'follower.ts');

async function follow(which: 'ours' | 'theirs', kubeconfig: string): Promise<Followed> {
  const words = ['--expose-gc', '--max-old-space-size=8192', program, which, kubeconfig];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return JSON.parse(stdout) as Followed;
}

export async function listWatchFigures(kubeconfig: string, pods: number): Promise<Figure[]> {
  const [ours, theirs] = [await follow('ours', kubeconfig), await follow('theirs', kubeconfig)];
  for (const { pods: found } of [ours, theirs])
    if (found < pods) throw new Error(`only ${found} of ${pods} pods were followed`);
  const of = `list-watch of ${pods.toLocaleString('en')} pods`;
  const shown = (value: number, digits = 0): string => value.toFixed(digits);
  const beside = (figure: (one: Followed) => number, digits: number): string =>
    `client-node's informer ${shown(figure(theirs), digits)}`;
  const heap = (one: Followed): number => one.heapBytes / one.pods;
  const rss = (one: Followed): number => one.rssBytes / 2 ** 20;
  const peak = (one: Followed): number => one.peakBytes / 2 ** 20;
  const took = (one: Followed): number => one.millis / 1000;
  const cpu = (one: Followed): number => one.cpuSeconds;
  const figure = { bench: 'cluster', budget: null };
  return [
    { ...figure, what: `${of}: heap per pod`, value: heap(ours), unit: 'bytes', detail: beside(heap, 0) },
    { ...figure, what: `${of}: RSS once synced`, value: rss(ours), unit: 'MiB', detail: beside(rss, 0) },
    { ...figure, what: `${of}: RSS, most seen`, value: peak(ours), unit: 'MiB', detail: beside(peak, 0) },
    { ...figure, what: `${of}: time to sync`, value: took(ours), unit: 's', detail: beside(took, 1) },
    { ...figure, what: `${of}: CPU of the program`, value: cpu(ours), unit: 's', detail: beside(cpu, 1) },
  ];
}
