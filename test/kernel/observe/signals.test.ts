/** What the agent reads of live cgroups and swap, on whichever cgroup version this machine has. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { readPlainFiles } from '../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../node-agent/observe/hierarchies.ts';
import { liveRoots } from '../../../node-agent/observe/host.ts';
import { keepFiles } from '../../../node-agent/observe/kept-files.ts';
import { unlimited } from '../../../node-agent/observe/kernel-text.ts';
import { readNode } from '../../../node-agent/observe/node.ts';
import { readCpuUsage } from '../../../node-agent/observe/signals.ts';
import { pageOut, withWorker } from '../../kernels/page-out.ts';
import { Target } from '../../targets/target.ts';
import { makeCgroup, withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { discovered, signalsOf } from './live.ts';

const mib = 1 << 20;

test('memory, limits, headroom and CPU time of a live cgroup are read', async () => {
  await withCgroup('usage', { limitBytes: 128 * mib }, async (cgroup) => {
    const before = signalsOf(cgroup);
    assert.equal(before.room.memoryLimitBytes, 128 * mib);
    await using target = await Target.start({ cgroup });
    await target.anon(32 * mib);
    const after = signalsOf(cgroup);
    assert.ok(after.anonBytes! >= 32 * mib && after.anonBytes! < 64 * mib);
    assert.ok(after.usageBytes! >= after.anonBytes!);
    assert.ok(after.room.headroomBytes! <= 128 * mib - after.anonBytes!);
    assert.ok(after.cpuMicros! > before.cpuMicros!);
    assert.deepEqual([after.swapBytes, after.swapCachedBytes, after.populated, after.missing], [0, 0, true, []]);
  });
});

test('a frozen cgroup reads as frozen, a thawed one as not', async () => {
  await withCgroup('frozen', {}, async (cgroup) => {
    await using _target = await Target.start({ cgroup });
    await cgroup.freeze(true);
    assert.equal(signalsOf(cgroup).frozen, true);
    await cgroup.freeze(false);
    assert.equal(signalsOf(cgroup).frozen, false);
  });
});

test('all that a container holds may go to swap where memory and swap share one limit', async (t) => {
  if (readHierarchies(liveRoots).memoryVersion === 2) return t.skip('cgroup v2 limits swap by itself');
  await withSwap({ kind: 'zram', bytes: 256 * mib }, () =>
    withCgroup('both', { limitBytes: 64 * mib, swapMaxBytes: 0 }, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(48 * mib);
      assert.equal(signalsOf(cgroup).room.swapRoomBytes, 64 * mib);
      await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      const { swapBytes, room } = signalsOf(cgroup);
      assert.ok(swapBytes! >= 47 * mib, `${swapBytes} of 48 MiB went out`);
      assert.ok(Math.abs(room.swapRoomBytes! - (64 * mib - swapBytes!)) < mib);
      cgroup.write('memory.swappiness', '0');
      assert.equal(signalsOf(cgroup).room.swapLimitBytes, 0);
    }),
  );
});

test('kept files follow a cgroup that is removed and made again', async () => {
  const hierarchies = readHierarchies(liveRoots);
  const kept = keepFiles(readPlainFiles, hierarchies);
  const name = `/ebb-test/${process.pid}-again`;
  const first = makeCgroup(name);
  const container = discovered(first);
  const read = () => readCpuUsage(kept.readFiles, hierarchies, [container]).get(name);
  try {
    await using target = await Target.start({ cgroup: first });
    await target.anon(16 * mib);
    assert.ok(read()! > 0);
  } finally {
    await first.remove();
  }
  assert.equal(read(), undefined);
  await withCgroup(name, {}, () => assert.equal(read(), 0));
  kept.close();
});

test('a zram swap is seen with what it holds and what it takes', async () => {
  await withSwap({ kind: 'zram', bytes: 128 * mib }, async (swap) => {
    const node = readNode(readPlainFiles, liveRoots);
    const device = node.devices.find((one) => one.path === swap.path)!;
    assert.equal(device.kind, 'zram');
    assert.ok(Math.abs(device.sizeBytes - 128 * mib) <= 8192);
    assert.ok(device.zram !== null && device.encrypted === null);
    assert.equal(node.swapoffInProgress, false);
    assert.ok(node.swapTotalBytes! >= device.sizeBytes && node.memoryTotalBytes! > 0 && node.swapOutPages !== null);
  });
});

test('a swap file is a file, and a file on a disk can not be told encrypted', async () => {
  await withSwap({ kind: 'file', bytes: 16 * mib }, (swap) => {
    const device = readNode(readPlainFiles, liveRoots).devices.find((one) => one.path === swap.path)!;
    assert.deepEqual([device.kind, device.zram, device.encrypted], ['file', null, null]);
  });
});

test('a swap that is being switched off is noticed while it still holds pages', async () => {
  await withSwap({ kind: 'zram', bytes: 128 * mib }, (swap) =>
    withCgroup('swapoff', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(64 * mib);
      await withWorker({}, (worker) => pageOut(worker, cgroup, target, region));
      const swapoff = spawn('swapoff', [swap.path]);
      const exit = once(swapoff, 'exit');
      let noticed = false;
      while (swapoff.exitCode === null && swapoff.signalCode === null) {
        noticed ||= readNode(readPlainFiles, liveRoots).swapoffInProgress;
        await turn();
      }
      await exit;
      assert.equal(readNode(readPlainFiles, liveRoots).swapoffInProgress, false);
      execFileSync('swapon', [swap.path]); // its owner switches it off
      assert.equal(noticed, true);
    }),
  );
});

test('no limit is unlimited, not missing', async () => {
  await withCgroup('free', {}, (cgroup) => {
    const { room } = signalsOf(cgroup);
    assert.deepEqual([room.memoryLimitBytes, room.headroomBytes, room.swapLimitBytes], Array(3).fill(unlimited));
  });
});

test('pressure rises where processes of the cgroup wait for a CPU', async (t) => {
  await withCgroup('pressure', {}, async (cgroup) => {
    if (signalsOf(cgroup).cpuPressure === null) return t.skip('no cgroup2 mount with pressure files');
    const spinners = Array.from({ length: availableParallelism() + 2 }, () =>
      spawn('sh', ['-c', 'read go; while :; do :; done']),
    );
    try {
      for (const one of spinners) cgroup.add(one.pid!);
      const before = signalsOf(cgroup).cpuPressure!.some;
      for (const one of spinners) one.stdin.write('\n');
      for (let rounds = 0; rounds < 100 && signalsOf(cgroup).cpuPressure!.some === before; rounds++) {
        await new Promise((done) => setTimeout(done, 50));
      }
      assert.ok(signalsOf(cgroup).cpuPressure!.some > before);
    } finally {
      for (const one of spinners) one.kill('SIGKILL');
    }
  });
});

test('a limit written while the agent looks on is read at once', async () => {
  const { memory, memoryVersion } = readHierarchies(liveRoots);
  await withCgroup('resized', { limitBytes: 64 * mib }, (cgroup) => {
    assert.equal(signalsOf(cgroup).room.memoryLimitBytes, 64 * mib);
    const file = memoryVersion === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    writeFileSync(join(memory, cgroup.path, file), String(32 * mib));
    assert.equal(signalsOf(cgroup).room.memoryLimitBytes, 32 * mib);
  });
});
