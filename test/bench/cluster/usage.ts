/** What processes use, from /proc, and what servers count of themselves, from their Prometheus text. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const pageBytes = 4096;

export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

export const rssBytes = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes;

/** The most that it ever had. */
export const peakBytes = (pid: number): number =>
  Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

/** The sum of all series of that name whose labels match. */
export function sumOf(text: string, name: string, labels: RegExp = /^/): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const [, found, own, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (found === name && labels.test(own ?? '')) sum += Number(value);
  }
  return sum;
}

export const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor((sorted.length - 1) * share)]!;
