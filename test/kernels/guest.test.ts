/** The guest is what the kernels level says it is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { hierarchies } from '../kernel/hierarchies.ts';
import { swapAreas, withSwap } from '../kernel/swap.ts';

test('the guest has pure cgroup v2 with the memory controller', () => {
  const host = hierarchies();
  assert.equal(host.version, 2);
  assert.match(readFileSync(`${host.memory}/cgroup.controllers`, 'utf8'), /\bmemory\b/);
});

for (const kind of ['zram', 'file'] as const) {
  test(`swap on ${kind} comes and goes`, async () => {
    await withSwap({ kind, bytes: 64 << 20 }, (swap) => assert.deepEqual(swapAreas(), [swap.path]));
    assert.deepEqual(swapAreas(), []);
  });
}
