/** A demo from its start to its end: what it needs, a folder of its own, how it ended, and everything cleaned up. */
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanUp } from './clean-up.ts';
import { missing } from './needs.ts';

export interface Whole {
  readonly cleanUp: CleanUp;
  /** Of the folder; mkdtemp's own where absent. */
  readonly folderMode?: number;
  /** Whether all went as it should. */
  readonly demo: (folder: string) => Promise<boolean>;
  /** What helps to see why it failed, of a folder that is about to be removed. */
  readonly lastWords?: (folder: string) => string;
}

/** Sets the exit code of the process: 0 only if all went as it should. */
export async function runDemo({ cleanUp, folderMode, demo, lastWords }: Whole): Promise<void> {
  const lacking = missing();
  if (lacking.length > 0) {
    console.error(`The demo needs:\n${lacking.map((line) => `  - ${line}`).join('\n')}`);
    process.exitCode = 1;
    return;
  }
  const folder = makeFolder(cleanUp, folderMode);
  cleanUp.onSignals();
  const started = performance.now();
  try {
    process.exitCode = (await demo(folder)) ? 0 : 1;
  } catch (error) {
    if (cleanUp.begun) return; // interrupted: what fails now is what was taken away
    console.error(`demo: ${(error as Error).message}`);
    if (lastWords) console.error(lastWords(folder));
    process.exitCode = 1;
  } finally {
    await cleanUp.run();
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${process.exitCode === 0 ? 'OK' : 'FAILED'} in ${seconds} s; everything is cleaned up`);
}

function makeFolder(cleanUp: CleanUp, mode?: number): string {
  const above = statSync('/var/tmp', { throwIfNoEntry: false }) ? '/var/tmp' : tmpdir();
  const folder = mkdtempSync(join(above, 'ebb-demo-'));
  if (mode !== undefined) chmodSync(folder, mode);
  cleanUp.later(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
