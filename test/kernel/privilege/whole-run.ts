/** Drives one worker through every request of its protocol, and through what happens to it beside. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Advice, AdviseLimits, Session, Worker } from '../../../native/worker.ts';
import type { Region } from '../../targets/driver.ts';
import { Target } from '../../targets/target.ts';
import { type Cgroup, makeCgroup } from '../cgroup.ts';
import { refOf } from '../identity/ground.ts';
import { childrenOf } from './tools.ts';

const mebibyte = 1 << 20;
const advices: readonly Advice[] = ['Cold', 'PageOut', 'WillNeed', 'Collapse'];

/** Under strace in an emulated guest nothing is quick. */
const patient = { watchMillis: 10_000 };

const limits = (advice: Advice, bytesPerSecond = 0): AdviseLimits => ({
  ...{ advice, bytesPerSecond },
  maxStallMicros: 2000,
  deadlineMicros: 0,
  firstChunkBytes: 65536,
});

export async function driveEverything(worker: Worker): Promise<void> {
  const cgroup = makeCgroup('privilege');
  try {
    await using target = await Target.start({ cgroup });
    const region = await target.anon(8 * mebibyte);
    await worker.probe();
    await wholeSession(worker, cgroup, target, region);
    await refusedSession(worker);
    await forbiddenTarget(worker);
    await largeAnswers(worker);
    await stoppedAndGoingOn(worker);
    await targetThatEnds(worker);
    await worker.reclaim(refOf(cgroup), mebibyte).catch(() => undefined); // refused where the cgroup is of v1
    await worker.begin(null, ['observe'], patient); // and is left to end with its agent
  } finally {
    await cgroup.remove();
  }
}

async function wholeSession(worker: Worker, cgroup: Cgroup, target: Target, region: Region): Promise<void> {
  const session = await worker.begin(refOf(cgroup), ['observe', 'advise'], patient);
  const child = target.outerPid(await target.cloneVm());
  const opened = await session.open([target.pid, child].map((pid) => ({ pid, startTicks: 0 })));
  assert.ok(opened[0]!.ok, JSON.stringify(opened));
  await session.list(0);
  for (const pagemap of [false, true]) {
    await session.count(0, [region], { pagemap });
    await session.runs(0, 'present', [region], { pagemap });
  }
  for (const advice of advices) await session.advise(0, limits(advice), [region]);
  await cancelled(session, region);
  await session.measure();
  await session.end();
}

/** Slow enough that it waits between two chunks, and tells how far it is. */
async function cancelled(session: Session, region: Region): Promise<void> {
  const advising = session.advise(0, limits('Cold', 4 * mebibyte), [region]);
  await sleep(700);
  session.cancel();
  await advising;
}

async function refusedSession(worker: Worker): Promise<void> {
  const session = await worker.begin(null, ['observe'], patient);
  const opened = await session.open([1, 2, process.pid, 4194304].map((pid) => ({ pid, startTicks: 0 })));
  assert.equal(opened.length, 4);
  await session.end();
}

/** Another user's page map, which takes a capability that this worker does not hold. */
async function forbiddenTarget(worker: Worker): Promise<void> {
  await using target = await Target.start({ uid: 12345 });
  const region = await target.anon(mebibyte);
  const session = await worker.begin(null, ['observe'], patient);
  await session.open([{ pid: target.pid, startTicks: 0 }]);
  await assert.rejects(session.count(0, [region]), { code: 'MissingDacReadSearch' });
  await session.end();
}

/** Faster than one that relays them gets rid of them, so that what it keeps has to grow. */
async function largeAnswers(worker: Worker): Promise<void> {
  await using target = await Target.start();
  await target.vmas(20_000);
  const sessions = await Promise.all([1, 2, 3, 4].map(() => worker.begin(null, ['observe'], patient)));
  for (const session of sessions) await session.open([{ pid: target.pid, startTicks: 0 }]);
  await Promise.all(sessions.map((session) => session.list(0)));
  for (const session of sessions) await session.end();
}

/** The kernel has a call that was interrupted go on by a call of its own: where it was in one, waiting. */
async function stoppedAndGoingOn(worker: Worker): Promise<void> {
  const session = await worker.begin(null, ['observe'], patient);
  const { pid } = worker.hello;
  const all = [pid, ...childrenOf(pid)];
  await allAre(waiting, all);
  for (const each of all) process.kill(each, 'SIGSTOP');
  await allAre(stopped, all);
  for (const each of all) process.kill(each, 'SIGCONT');
  await allAre(waiting, all);
  await session.end();
}

/** States of proc_pid_stat(5). Who is traced is stopped by its tracer. */
const waiting = /^S$/;
const stopped = /^[Tt]$/;

/** Twice in a row: who is traced stops for a moment at each call. */
async function allAre(state: RegExp, pids: readonly number[]): Promise<void> {
  for (let times = 0, tries = 0; times < 2; tries++) {
    const states = pids.map((pid) => /^State:\t(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]!);
    assert.ok(tries < 3000, `${states.join(' ')} after 30 s`);
    times = states.every((one) => state.test(one)) ? times + 1 : 0;
    await sleep(10);
  }
}

async function targetThatEnds(worker: Worker): Promise<void> {
  const session = await worker.begin(null, ['observe', 'advise'], patient);
  const target = await Target.start();
  const region = await target.anon(mebibyte);
  await session.open([{ pid: target.pid, startTicks: 0 }]);
  await target[Symbol.asyncDispose]();
  await session.list(0).catch(() => undefined);
  await session.count(0, [region]).catch(() => undefined);
  await session.advise(0, limits('Cold'), [region]);
  await session.end();
}
