/** The benches of memory that docs/performance.md names, one round of them with little memory: that they run, not what they measure. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { theCommand } from '../docs/commands.ts';
import { runAll } from '../e2e/docs/run.ts';

test('the benches of throughput and stall print a table of figures', async () => {
  const command = theCommand('docs/performance.md', 'npm run bench -- throughput stall ');
  // Another test may have the swap.
  const said = await runAll([`${command} --rounds 1 --mib 16`], process.env, { timeoutMillis: 280_000 });
  for (const bench of ['throughput', 'stall']) assert.match(said, new RegExp(`^\\| ${bench} \\| .* \\|$`, 'm'));
});
