/** An agent whose worker lacks a capability says so in the object of its node, and in the row of each policy. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { workerPath } from '../../../native/spawn.ts';
import { withSwap } from '../../kernel/swap.ts';
import { startControlPlane } from '../control-plane.ts';
import { TestNode } from './node.ts';
import { mib, profile, TestPod } from './spec.ts';

test('a worker without SYS_NICE makes the node not Ready and its policies not effective, and pods are still reported', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-less-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const worker = join(folder, 'ebb-worker');
  writeFileSync(worker, `#!/bin/sh\nexec setpriv --bounding-set -sys_nice --inh-caps -sys_nice ${workerPath} "$@"\n`);
  for (const path of [folder, worker]) chmodSync(path, 0o755);
  process.env['EBB_WORKER'] = worker;
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  await withSwap({ kind: 'zram', bytes: 256 * mib }, async () => {
    const node = await TestNode.make(plane, 'n1');
    await using pod = await TestPod.start(32 * mib);
    await using agent = node.startAgent();
    await node.advise({ profiles: [profile()], pods: [pod.entry()] });
    const { conditions, policies, containers } = await node.reports(
      (status) =>
        status.policies?.some(({ reason }) => reason === 'MissingSysNice') === true && status.containers?.length === 1,
    );
    const ready = conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['False', 'MissingSysNice']);
    assert.match(ready!.message, /lacks CAP_SYS_NICE/);
    assert.equal(policies!.length, 1);
    assert.ok(containers![0]!.anonBytes! >= 32 * mib);
    assert.equal(agent.child.exitCode, null);
  });
});
