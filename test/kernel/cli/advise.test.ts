import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { Target } from '../../targets/target.ts';
import { adviseShape } from '../../unit/cli/shapes.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { type Ended, ebb, printable } from './ebb.ts';

const mebibyte = 2 ** 20;
const size = 64 * mebibyte;
const zram = { kind: 'zram', bytes: 512 * mebibyte } as const;

type Answer = z.output<typeof adviseShape>;

function answer(said: Ended): Answer {
  return adviseShape.parse(JSON.parse(said.out));
}

function only(said: Ended): Answer['processes'][number] {
  const { processes } = answer(said);
  assert.equal(processes.length, 1);
  return processes[0]!;
}

test('ebb advise --advice pageout moves a process out, tells what left and what was freed, and nothing is lost', async () => {
  await withSwap(zram, () =>
    withCgroup('advise', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout', '--json']);
      assert.equal(said.code, 0, said.err + said.out);
      const one = only(said);
      assert.equal(one.pid, target.pid);
      assert.equal(one.error, null);
      assert.notEqual(one.identity, null);
      assert.ok(one.reclaimedBytes > 0.9 * size, `${one.reclaimedBytes} of ${size} left`);
      assert.equal(one.reclaimedBytes, one.rssAnonBytes.before - one.rssAnonBytes.after);
      assert.ok(one.swapBytes.after > 0.9 * size);
      assert.ok(
        one.freedBytes !== null && one.freedBytes > 0 && one.freedBytes <= 1.1 * size,
        `freed ${one.freedBytes}`,
      );
      const skipped = one.skipped.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.equal(one.advisedBytes + skipped, one.mappedBytes);
      assert.equal(answer(said).pass.cgroup, cgroup.path);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('ebb advise prints a table for people and a sentence that tells left from freed', async () => {
  await withSwap(zram, () =>
    withCgroup('table', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(size);
      await target.setComm('\x1b[31m\x9bred\xff');
      const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout']);
      assert.equal(said.code, 0, said.err + said.out);
      assert.match(said.out, /\\x1b\[31m/);
      assert.ok(printable(said), JSON.stringify(said.out));
      assert.match(said.out, /PageOut: .* advised, .* left in .*, .* freed/);
    }),
  );
});

test('A dry run plans and touches nothing', async () => {
  await withSwap(zram, async () => {
    await using target = await Target.start();
    await target.anon(size);
    const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout', '--dry-run', '--json']);
    assert.equal(said.code, 0, said.err + said.out);
    const one = only(said);
    assert.ok(one.advisedBytes >= size && one.movableBytes >= size);
    assert.deepEqual([one.calls, one.reclaimedBytes, one.freedBytes], [0, 0, null]);
    assert.ok((await target.memory()).rssAnonBytes >= size);
  });
});

test('What is to be kept resident stays, and what is cold stays too', async () => {
  await withSwap(zram, async () => {
    await using target = await Target.start();
    await target.anon(size);
    const words = ['advise', '--pid', target.pid, '--json', '--advice'];
    assert.equal((await ebb([...words, 'cold'])).code, 0);
    assert.ok((await target.memory()).rssAnonBytes >= size);
    assert.equal((await ebb([...words, 'pageout', '--keep-resident', '32Mi'])).code, 0);
    const { rssAnonBytes } = await target.memory();
    assert.ok(rssAnonBytes >= 32 * mebibyte && rssAnonBytes < 40 * mebibyte, `${rssAnonBytes} resident`);
  });
});

test('WillNeed brings back what is in swap', async () => {
  await withSwap(zram, async () => {
    await using target = await Target.start();
    const region = await target.anon(size);
    assert.equal((await ebb(['advise', '--pid', target.pid, '--advice', 'pageout', '--json'])).code, 0);
    const said = await ebb(['advise', '--pid', target.pid, '--advice', 'willneed', '--json']);
    assert.equal(said.code, 0, said.err + said.out);
    assert.ok(only(said).movableBytes > 0.9 * size);
    assert.equal(await target.brokenPages(region), 0);
  });
});

test('On a swap file what left is not called freed, until its cgroup is asked to drop it', async () => {
  await withSwap({ kind: 'file', bytes: 256 * mebibyte }, () =>
    withCgroup('file', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      const words = ['advise', '--pid', target.pid, '--advice', 'pageout'];
      const json = answer(await ebb([...words, '--json']));
      assert.ok(json.pass.awaitingReclaimBytes > 0.5 * size, `${json.pass.awaitingReclaimBytes} waits`);
      assert.ok(json.pass.freedBytes !== null && json.pass.freedBytes < 0.5 * size, `freed ${json.pass.freedBytes}`);
      await target.change('dirty', region);
      assert.match((await ebb(words)).out, /AwaitingReclaim: .* nothing is saved yet/);
      await target.change('dirty', region);
      const reclaim = await ebb([...words, '--allow-reclaim', '--json']);
      const dropped = answer(reclaim).pass.reclaimedFromCacheBytes;
      if (cgroup.version === 2) assert.ok((dropped ?? 0) > 0.5 * size, `${dropped} dropped`);
      else assert.match(reclaim.err, /ReclaimUnavailable: this cgroup has no memory\.reclaim/);
      assert.equal(await target.brokenPages(region), 0);
    }),
  );
});

test('With --allow-reclaim there is always an answer: from before, nothing, or nobody to ask', async () => {
  await withSwap({ kind: 'file', bytes: 256 * mebibyte }, () =>
    withCgroup('again', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await target.anon(size);
      const words = ['advise', '--pid', target.pid, '--advice', 'pageout'];
      assert.match((await ebb(words)).out, /AwaitingReclaim: .*--allow-reclaim has the cgroup drop them/);
      const again = await ebb([...words, '--allow-reclaim']);
      assert.doesNotMatch(again.out, /Most of it stayed/);
      if (cgroup.version === 2) assert.match(again.out, /Reclaimed: \d.* of the \d.* MiB/);
      else assert.match(again.err, /--allow-reclaim: ReclaimUnavailable: this cgroup has no memory\.reclaim/);
      await withCgroup('empty', {}, async (clean) => {
        await using idle = await Target.start({ cgroup: clean });
        const none = ['advise', '--pid', idle.pid, '--advice', 'pageout', '--allow-reclaim', '--min-range', '1Gi'];
        assert.match((await ebb(none)).err, /--allow-reclaim: nothing of it waits in the swap cache/);
      });
      await using _other = await Target.start({ cgroup });
      assert.match((await ebb([...words, '--allow-reclaim'])).err, /ReclaimUnavailable: the process shares its/);
    }),
  );
});

test('A cgroup that may not swap is not paged out, though only one of its processes was named', async () => {
  await withSwap(zram, () =>
    withCgroup('forbidden', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      await using _other = await Target.start({ cgroup });
      await target.anon(size);
      // v1 has no limit on swap alone: swappiness 0 is how it says so.
      cgroup.write(cgroup.version === 2 ? 'memory.swap.max' : 'memory.swappiness', '0');
      const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout', '--json']);
      assert.equal(said.code, 3, said.err + said.out);
      assert.equal(answer(said).pass.cgroup, null);
      assert.equal(only(said).error, 'SwapForbidden');
      assert.equal((await target.memory()).swapBytes, 0);
    }),
  );
});

test('Ctrl-C ends the pass between two chunks, says what was done, and exits 1', async () => {
  await withSwap(zram, async () => {
    await using target = await Target.start();
    const region = await target.anon(size);
    const words = ['advise', '--pid', target.pid, '--advice', 'pageout', '--max-bytes-per-second', '4Mi', '--json'];
    const said = await ebb(words, {
      during: async (pid) => {
        while ((await target.memory()).swapBytes === 0) await sleep(50);
        process.kill(pid, 'SIGINT');
      },
    });
    assert.equal(said.code, 1, said.err);
    const one = only(said);
    assert.equal(one.error, 'Cancelled');
    assert.ok(one.advisedBytes > 0 && one.advisedBytes < size);
    assert.ok(one.skipped.some(({ reason }) => reason === 'Cancelled'));
    assert.equal(await target.brokenPages(region), 0);
  });
});

const pod = '/kubepods/burstable/pod11111111-2222-3333-4444-555555555555';
const containerId = `ebb0${'c'.repeat(60)}`;

test('A container is named by the start of its ID, a process in it by its own PID', async () => {
  await withSwap(zram, () =>
    withCgroup(`${pod}/${containerId}`, {}, async (cgroup) => {
      await using target = await Target.start({ cgroup, pidNamespaces: 1 });
      await target.anon(size);
      const inside = ['--pid', target.innerPid, '--in-container', 'ebb0cc'];
      const byPid = await ebb(['advise', ...inside, '--advice', 'pageout', '--json']);
      assert.equal(byPid.code, 0, byPid.err + byPid.out);
      assert.equal(only(byPid).pid, target.pid);
      assert.equal(only(byPid).containerPid, target.innerPid);
      const whole = await ebb(['advise', '--container', containerId.slice(0, 12), '--advice', 'willneed', '--json']);
      assert.equal(whole.code, 0, whole.err + whole.out);
      assert.ok(answer(whole).processes.some((one) => one.pid === target.pid));
      const path = await ebb(['advise', '--cgroup', cgroup.folder, '--advice', 'cold', '--json']);
      assert.equal(path.code, 0, path.err + path.out);
      const gone = await ebb(['advise', '--pid', 4000000, '--in-container', 'ebb0cc', '--advice', 'cold', '--json']);
      assert.equal(gone.code, 3);
      assert.equal(only(gone).error, 'NoSuchProcess');
    }),
  );
});

test('The start time is that of the process', async () => {
  await using target = await Target.start();
  await target.anon(mebibyte);
  const said = await ebb(['advise', '--pid', target.pid, '--advice', 'cold', '--json']);
  const started = Date.parse(only(said).startTime ?? '');
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  const ticks = Number(readFileSync(`/proc/${target.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]);
  assert.ok(Math.abs(started - (Date.now() - (uptime - ticks / 100) * 1000)) < 1500);
});
