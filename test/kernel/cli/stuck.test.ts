import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { adviseShape } from '../../unit/cli/shapes.ts';
import { FreezableFile } from '../worker/frozen.ts';
import { ebb } from './ebb.ts';

test('A target whose address space never answers ends as TargetStuck, and does not hang the terminal', async () => {
  using file = new FreezableFile();
  await using target = await Target.start();
  await target.anon(8 << 20);
  file.freeze();
  try {
    await target.ask('stick', file.path);
    await sleep(400);
    const start = performance.now();
    const said = await ebb(['advise', '--pid', target.pid, '--advice', 'cold', '--json']);
    assert.ok(performance.now() - start < 10_000);
    assert.equal(said.code, 1, said.err);
    assert.equal(adviseShape.parse(JSON.parse(said.out)).processes[0]?.error, 'TargetStuck');
    assert.match(said.err, /^ebb: failed: .*TargetStuck: /);
  } finally {
    file.thaw();
  }
});
