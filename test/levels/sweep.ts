/** Ctrl-C during the tests: what they had of the machine is given back before we go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sweepSwap } from '../kernel/swap.ts';
import { removeCgroupEverywhere } from '../runtime/cgroups.ts';
import { missingRights } from './machine.ts';

async function sweep(signal: NodeJS.Signals): Promise<void> {
  console.log(`\n${signal}: switching off the tests' swap and removing their cgroups`);
  await sleep(500); // the test files got the signal too, and their targets end with them
  if (missingRights().length === 0) {
    await sweepSwap();
    await removeCgroupEverywhere('/ebb-test');
  }
  process.exit(1);
}

export function sweepOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sweep(signal));
}
