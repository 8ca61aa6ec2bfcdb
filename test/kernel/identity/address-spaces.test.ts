/** Two processes on one address space: advised and counted once, left alone where one of them is somebody else's. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Target } from '../../targets/target.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { openOne, pageOut, Sessions, verdict } from './sessions.ts';

let sessions: Sessions;
let ours: Cgroup;
let foreign: Cgroup;
before(async () => {
  sessions = await Sessions.start();
  ours = makeCgroup('ours');
  foreign = makeCgroup('foreign');
});
after(async () => {
  await sessions[Symbol.asyncDispose]();
  await ours.remove();
  await foreign.remove();
});

test('Of two processes on one address space the older counts, in whatever order they are asked for', async () => {
  await using target = await Target.start({ cgroup: ours });
  const twin = target.outerPid(await target.cloneVm());
  const same = `SameAddressSpace of ${target.pid}`;
  assert.deepEqual(await sessions.open(ours, target.pid, twin), ['ok', same]);
  assert.deepEqual(await sessions.open(ours, twin, target.pid), [same, 'ok']);
});

test('Three on one address space leave one that counts, and a forked child counts for itself', async () => {
  await using target = await Target.start({ cgroup: ours });
  const twins = [target.outerPid(await target.cloneVm()), target.outerPid(await target.cloneVm())];
  const child = target.outerPid((await target.fork())[0]!);
  const same = `SameAddressSpace of ${target.pid}`;
  assert.deepEqual(await sessions.open(ours, ...twins, child, target.pid), [same, same, 'ok', 'ok']);
});

test('A twin opened later in the same session is known as one', async () => {
  await using target = await Target.start({ cgroup: ours });
  const twin = target.outerPid(await target.cloneVm());
  await sessions.within(ours, async (session) => {
    const { handle } = await openOne(session, target.pid);
    await assert.rejects(openOne(session, twin), /SameAddressSpace/);
    assert.deepEqual((await session.measure()).length, 1);
    assert.ok((await session.list(handle)).count > 0);
  });
});

test('The one that was opened first goes on counting when an older twin is opened later', async () => {
  await using target = await Target.start({ cgroup: ours });
  const twin = target.outerPid(await target.cloneVm());
  await sessions.within(ours, async (session) => {
    await openOne(session, twin);
    await assert.rejects(openOne(session, target.pid), /SameAddressSpace/);
    assert.deepEqual((await session.measure()).map(verdict), ['ok']);
  });
});

test('An address space that a process outside the container holds too is SharedAddressSpace', async () => {
  await using target = await Target.start({ cgroup: ours });
  const twin = target.outerPid(await target.cloneVm());
  foreign.add(twin);
  assert.deepEqual(await sessions.open(ours, target.pid), [`SharedAddressSpace of ${twin}`]);
  assert.deepEqual(await sessions.open(foreign, twin), [`SharedAddressSpace of ${target.pid}`]);
  assert.deepEqual(await sessions.open(ours, target.pid, twin), [`SharedAddressSpace of ${twin}`, 'NotInContainer']);
});

test('A vfork child before its exec is nobody, alone and beside its parent, and the parent is advised', async () => {
  await using target = await Target.start({ cgroup: ours });
  const region = await target.anon(1 << 20);
  const child = target.outerPid(await target.vfork());
  const nobody = `VforkChild of ${target.pid}`;
  assert.deepEqual(await sessions.open(ours, child), [nobody]);
  assert.deepEqual(await sessions.open(ours, child, target.pid), [nobody, 'ok']);
  await sessions.within(ours, async (session) => {
    const { handle } = await openOne(session, target.pid);
    await session.list(handle);
    const { advisedBytes, reason } = await session.advise(handle, { ...pageOut, advice: 'Cold' }, [region]);
    assert.deepEqual({ advisedBytes, reason }, { advisedBytes: 1 << 20, reason: null });
  });
});

test('A vfork child that was moved out of the container is nobody still, and its parent is advised', async () => {
  await using target = await Target.start({ cgroup: ours });
  const child = target.outerPid(await target.vfork());
  foreign.add(child);
  assert.deepEqual(await sessions.open(ours, target.pid), ['ok']);
  assert.deepEqual(await sessions.open(foreign, child), [`VforkChild of ${target.pid}`]);
});

for (const born of ['before it is opened', 'after it is listed'] as const)
  test(`Who execs out of an address space that a twin, born ${born}, keeps alive is Execed and untouched`, async () => {
    await using target = await Target.start({ cgroup: ours });
    const region = await target.anon(1 << 20);
    if (born === 'before it is opened') await target.cloneVm();
    await sessions.within(ours, async (session) => {
      const { handle } = await openOne(session, target.pid);
      assert.ok((await session.list(handle)).count > 0);
      if (born === 'after it is listed') await target.cloneVm();
      await target.exec();
      const { advisedBytes, reason } = await session.advise(handle, { ...pageOut, advice: 'Cold' }, [region]);
      assert.deepEqual({ advisedBytes, reason }, { advisedBytes: 0, reason: 'Execed' });
      await assert.rejects(session.count(handle, [region]), /Execed/);
      assert.deepEqual((await session.measure()).map(verdict), ['Execed']);
    });
  });
