/** A PID given to another process, for real, between any two steps of what Ebb does: the other one is never touched. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { emulated } from '../../vm/emulated.ts';
import { discover, Ground, nextTick } from './ground.ts';
import { freeNumber, type Numbers } from './numbers.ts';

const times = emulated ? 100 : 1000;
const rounds = emulated ? 1 : 5;

let ground: Ground;
before(async () => {
  ground = await Ground.make();
});
after(() => ground[Symbol.asyncDispose]());

/** One process in the container meant, gone through once with the step number `hold` used to change the world. */
async function passWith(pid: number, index: number, change: () => Promise<void>) {
  const { meant: cgroup, stepper, inMeant } = ground;
  await inMeant.take(pid, 1);
  return stepper.pass({ cgroup, ...discover(pid), range: inMeant.range }, { index, change });
}

/** Gives the number to a process of `heir`, looks at its memory when the pass is over, and frees it again. */
async function reuse(pid: number, index: number, heir: Numbers) {
  const inherit = async () => {
    await ground.inMeant.give(pid);
    if (index === 0 && heir === ground.inMeant) await nextTick();
    await heir.take(pid, 2);
  };
  const passed = await passWith(pid, index, inherit);
  const memory = await heir.memory(pid, 2);
  await heir.give(pid);
  return { passed, memory };
}

async function stepNames(pid: number): Promise<readonly string[]> {
  const { steps, reason, advisedBytes } = await passWith(pid, -1, async () => undefined);
  assert.equal(reason, null);
  assert.equal(advisedBytes, ground.bytes);
  const memory = await ground.inMeant.memory(pid, 1);
  assert.ok(memory.swappedBytes > ground.bytes / 2, JSON.stringify(memory));
  await ground.inMeant.give(pid);
  return steps;
}

test(`${times} times out of ${times} a number that went to another container between discovery and advice is refused and untouched`, async () => {
  const pid = freeNumber();
  for (let i = 0; i < times; i++) {
    const { passed, memory } = await reuse(pid, 0, ground.inOther);
    assert.match(passed.reason!, /^(Exited|NotInContainer)$/);
    assert.equal(passed.advisedBytes, 0);
    assert.deepEqual(memory, ground.inOther.untouched);
  }
});

test('A number that went to a younger process of the same container is refused by its start time', async () => {
  const pid = freeNumber();
  for (let i = 0; i < 50; i++) {
    const { passed, memory } = await reuse(pid, 0, ground.inMeant);
    assert.equal(passed.reason, 'Exited');
    assert.deepEqual(memory, ground.inMeant.untouched);
  }
});

for (const heir of ['inOther', 'inMeant'] as const)
  test(`A number reused at any step ${heir === 'inMeant' ? 'inside the container' : 'by another container'} stops the pass and leaves the other process alone`, async () => {
    const pid = freeNumber();
    const names = await stepNames(pid);
    assert.ok(names.filter((name) => name === 'chunk sent').length >= 4, names.join());
    for (let round = 0; round < rounds; round++)
      for (const [index, name] of names.entries()) {
        const { passed, memory } = await reuse(pid, index, ground[heir]);
        assert.deepEqual(memory, ground[heir].untouched, name);
        assert.equal(passed.steps[index], name);
        if (index < names.indexOf('proven')) assert.ok(!passed.steps.includes('find shared'), `opened after ${name}`);
        if (index === names.length - 1) continue; // nothing looks after the last step
        assert.match(passed.reason!, /^(Exited|NotInContainer)$/, `after ${name}`);
      }
  });

test('A number reused at any moment of a running pass, held nowhere, leaves the other process alone', async () => {
  const { inMeant, inOther, meant: cgroup, stepper } = ground;
  const pid = freeNumber();
  const reasons = new Map<string | null, number>();
  for (let i = 0; i < 60 * rounds; i++) {
    await inMeant.take(pid, 1);
    const passing = stepper.pass({ cgroup, ...discover(pid), range: inMeant.range });
    await spin((i % 30) * 0.1);
    await inMeant.give(pid);
    await inOther.take(pid, 2);
    const { reason } = await passing;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    assert.deepEqual(await inOther.memory(pid, 2), inOther.untouched, `${reason}`);
    await inOther.give(pid);
  }
  reasons.delete(null); // it was through before
  // Before Linux 6.9 pidfd_open answers EINVAL, as for a thread id, of a process that is just being reaped.
  for (const reason of reasons.keys()) assert.match(reason!, /^(Exited|Zombie|NotInContainer|NotAProcess)$/);
  assert.ok(reasons.size > 0, 'no pass was caught under way');
});

async function spin(millis: number): Promise<void> {
  const end = performance.now() + millis;
  while (performance.now() < end) await new Promise(setImmediate);
}
