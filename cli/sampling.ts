/** Samples processes through the native library in this process: reads that need no right and always answer. */
import { type Library, loadLibrary } from '../native/binding.ts';
import type { ProcessSample } from '../native/worker.ts';
import { Failed } from './exit.ts';

let library: Library | null = null;

export function samples(pids: readonly number[]): ProcessSample[] {
  library ??= load();
  return library.sampleProcesses(pids).filter((one) => 'comm' in one);
}

export const samplesByPid = (pids: readonly number[]): ReadonlyMap<number, ProcessSample> =>
  new Map(samples(pids).map((one) => [one.pid, one]));

function load(): Library {
  const path = process.env['EBB_LIBRARY'];
  try {
    return loadLibrary(path === undefined ? {} : { path });
  } catch (error) {
    const message = (error as Error).message.replace(/^ebb: /, '').split('\n')[0];
    const build = message?.includes('npm run build') ? '' : '; build it with: npm run build';
    throw new Failed(`the native library can't be used: ${message}${build}`);
  }
}
