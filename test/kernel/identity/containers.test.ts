/** Which cgroup is the container's: not its neighbour by name, not its namesake of before, but all nested in it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { workerPath } from '../../../native/spawn.ts';
import { Target } from '../../targets/target.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { discover, nextTick } from './ground.ts';
import { openOne, pageOut, Sessions } from './sessions.ts';

let sessions: Sessions;
before(async () => {
  sessions = await Sessions.start();
});
after(() => sessions[Symbol.asyncDispose]());

/** Cgroups by their paths below one of the test's own; removed last first. */
async function withCgroups(paths: readonly string[], use: (cgroups: Cgroup[]) => Promise<void>): Promise<void> {
  await using undo = new AsyncDisposableStack();
  const make = (path: string) => {
    const cgroup = makeCgroup(`/ebb-test/${process.pid}-names${path}`);
    undo.defer(async () => (existsSync(cgroup.folder) ? cgroup.remove() : undefined));
    return cgroup;
  };
  make('');
  const cgroups = paths.map((path) => make(`/${path}`));
  await use(cgroups);
}

test('/a/bc, /a/b-x and /a are not inside of /a/b, and /a/b/nested is', () =>
  withCgroups(['a/b', 'a/bc', 'a/b-x', 'a/b/nested'], async ([b, bc, dashed, nested]) => {
    await using outside = await Target.start({ cgroup: bc! });
    await using beside = await Target.start({ cgroup: dashed! });
    await using inside = await Target.start({ cgroup: nested! });
    await using elsewhere = await Target.start();
    assert.deepEqual(await sessions.open(b!, outside.pid, beside.pid, inside.pid, elsewhere.pid), [
      'NotInContainer',
      'NotInContainer',
      'ok',
      'NotInContainer',
    ]);
    assert.deepEqual(await sessions.open(nested!, inside.pid, outside.pid), ['ok', 'NotInContainer']);
    assert.deepEqual(await sessions.open(dashed!, beside.pid, inside.pid), ['ok', 'NotInContainer']);
  }));

test('A proof says how it was made and which cgroup the process is in', () =>
  withCgroups(['proof'], async ([cgroup]) => {
    await using target = await Target.start({ cgroup: cgroup! });
    await sessions.within(cgroup!, async (session) => {
      const { proof, cgroupInode } = await openOne(session, target.pid);
      const asksKernel = cgroup!.version === 2 && sessions.hello.features.includes('PidfdInfo');
      assert.equal(proof, asksKernel ? 'PidfdInfo' : 'CgroupLine');
      assert.equal(cgroupInode, cgroup!.inode);
    });
    await sessions.within(null, async (session) => {
      assert.equal((await openOne(session, target.pid)).proof, 'PidfdOnly');
    });
  }));

test('A cgroup that was removed and made again under the same name is another container', () =>
  withCgroups(['again'], async ([before]) => {
    await before!.remove();
    await withCgroups(['again'], async ([now]) => {
      await using target = await Target.start({ cgroup: now! });
      assert.equal(before!.path, now!.path);
      assert.notEqual(before!.inode, now!.inode);
      assert.deepEqual(await sessions.open(before!, target.pid), ['NotInContainer']);
      assert.deepEqual(await sessions.open(now!, target.pid), ['ok']);
    });
  }));

test('A container that is gone holds nobody', () =>
  withCgroups(['gone', 'stays'], async ([gone, stays]) => {
    await gone!.remove();
    await using target = await Target.start({ cgroup: stays! });
    assert.deepEqual(await sessions.open(gone!, target.pid), ['NotInContainer']);
  }));

test('A process that leaves its container under an open handle is refused advice, and keeps its memory', () =>
  withCgroups(['left', 'new'], async ([left, other]) => {
    await using target = await Target.start({ cgroup: left! });
    const region = await target.anon(1 << 20);
    await sessions.within(left!, async (session) => {
      const { handle } = await openOne(session, target.pid);
      await session.list(handle);
      other!.add(target.pid);
      const { reason, advisedBytes } = await session.advise(handle, pageOut, [region]);
      assert.deepEqual({ reason, advisedBytes }, { reason: 'NotInContainer', advisedBytes: 0 });
    });
  }));

test('A start time that is not the process’s own is Exited, and answers come in the order asked', async () => {
  await using first = await Target.start();
  await nextTick();
  await using second = await Target.start();
  const [a, b] = [discover(first.pid), discover(second.pid)];
  assert.deepEqual(await sessions.open(null, a, b), ['ok', 'ok']);
  assert.deepEqual(await sessions.open(null, b, a), ['ok', 'ok']);
  const swapped = [
    { pid: a.pid, startTicks: b.startTicks },
    { pid: b.pid, startTicks: a.startTicks },
  ];
  assert.deepEqual(await sessions.open(null, ...swapped, a), ['Exited', 'Exited', 'ok']);
});

/** As a runtime starts a container on cgroup v2: moved into its cgroup, which its cgroup namespace then begins in. */
function startedIn(cgroup: Cgroup, script: string): string {
  const lines = ['#!/bin/sh', `echo $$ >${cgroup.folder}/cgroup.procs`, `exec unshare --cgroup -- ${workerPath} "$@"`];
  writeFileSync(script, lines.join('\n'), { mode: 0o700 });
  return script;
}

test('A worker in a cgroup namespace of its own finds who is in which container, and advises', () =>
  withCgroups(['pod', 'pod/worker', 'pod/agent', 'other', 'other/app'], async ([, own, beside, pod, app]) => {
    using folder = mkdtempDisposableSync(join(tmpdir(), 'ebb-namespace-'));
    await using beyond = await Target.start({ cgroup: app! });
    await using near = await Target.start({ cgroup: beside! });
    await using apart = await Sessions.start({ path: startedIn(own!, join(folder.path, 'worker')) });
    assert.deepEqual(await apart.open(app!, beyond.pid, near.pid), ['ok', 'NotInContainer']);
    assert.deepEqual(await apart.open(pod!, beyond.pid), ['ok']);
    assert.deepEqual(await apart.open(beside!, near.pid, beyond.pid), ['ok', 'NotInContainer']);
    const region = await beyond.anon(1 << 20);
    await apart.within(app!, async (session) => {
      const { handle } = await openOne(session, beyond.pid);
      await session.list(handle);
      const { reason, advisedBytes } = await session.advise(handle, { ...pageOut, advice: 'Cold' }, [region]);
      assert.deepEqual({ reason, advisedBytes }, { reason: null, advisedBytes: 1 << 20 });
    });
  }));
