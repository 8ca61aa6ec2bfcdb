/** The world changes between any two steps: the process exits, stays as a zombie, moves away, becomes another program. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { discover, Ground } from './ground.ts';
import type { Memory } from './numbers.ts';
import { freeNumber } from './numbers.ts';
import type { Passed } from './stepper.ts';

const chunkBytes = 64 << 10;
let ground: Ground;
let names: readonly string[];

interface Seen {
  readonly index: number;
  readonly name: string;
  readonly passed: Passed;
  /** null: the process is gone. */
  readonly memory: Memory | null;
}

/** What the change leaves: a process whose memory holds this seed, a zombie, or nothing. */
type Left = { readonly seed: number } | 'zombie' | 'nothing';

/** After each step in turn: a new process, the pass, the change at that step, and what its memory is like then. */
async function atEachStep(change: (pid: number) => Promise<void>, left: Left): Promise<Seen[]> {
  const { inMeant, meant: cgroup, stepper } = ground;
  const pid = freeNumber();
  const seen: Seen[] = [];
  for (const [index, name] of names.entries()) {
    await inMeant.take(pid, 1);
    const pass = { cgroup, ...discover(pid), range: inMeant.range };
    const passed = await stepper.pass(pass, { index, change: () => change(pid) });
    assert.equal(passed.steps[index], name);
    const memory = typeof left === 'string' ? null : await inMeant.memory(pid, left.seed);
    if (left !== 'nothing') await inMeant.give(pid);
    seen.push({ index, name, passed, memory });
  }
  return seen;
}

before(async () => {
  ground = await Ground.make();
  const pid = freeNumber();
  await ground.inMeant.take(pid, 1);
  const pass = { cgroup: ground.meant, ...discover(pid), range: ground.inMeant.range };
  names = (await ground.stepper.pass(pass)).steps;
  await ground.inMeant.give(pid);
});
after(() => ground[Symbol.asyncDispose]());

/** What the last look at the process comes before can't be noticed any more. */
const beforeLast = (seen: readonly Seen[]) => seen.slice(0, -1);
const firstChunk = () => names.indexOf('chunk sent');

test('A process that exits between any two steps is Exited, and nothing is advised after', async () => {
  const seen = await atEachStep((pid) => ground.inMeant.give(pid), 'nothing');
  for (const { name, index, passed } of beforeLast(seen)) {
    assert.equal(passed.reason, 'Exited', `after ${name}`);
    if (index < firstChunk()) assert.equal(passed.advisedBytes, 0, name);
  }
});

test('A process that becomes a zombie between any two steps is Zombie when opened and Exited later', async () => {
  const opened = names.indexOf('find shared');
  const seen = await atEachStep((pid) => ground.inMeant.zombie(pid), 'zombie');
  for (const { name, index, passed } of beforeLast(seen)) {
    assert.match(passed.reason!, index < opened ? /^(Zombie|Exited)$/ : /^Exited$/, `after ${name}`);
    if (index < firstChunk()) assert.equal(passed.advisedBytes, 0, name);
  }
  assert.equal(seen[0]!.passed.reason, 'Zombie');
});

test('A process that moves to another cgroup between any two steps is NotInContainer', async () => {
  const move = async (pid: number) => writeFileSync(join(ground.other.folder, 'cgroup.procs'), String(pid));
  const seen = await atEachStep(move, { seed: 1 });
  const lastLook = names.lastIndexOf('sampled');
  const lookBeforeAdvice = names.lastIndexOf('sampled', names.indexOf('between chunks'));
  for (const { name, index, passed, memory } of seen.filter((each) => each.index <= lastLook)) {
    assert.equal(passed.reason, 'NotInContainer', `after ${name}`);
    assert.equal(memory?.brokenPages, 0);
    if (index <= lookBeforeAdvice) assert.deepEqual(memory, ground.inMeant.untouched, name);
  }
});

test('A process that becomes another program between any two steps is Execed, and the new program loses one chunk at most', async () => {
  const seen = await atEachStep((pid) => ground.inMeant.exec(pid, 7), { seed: 7 });
  const pinned = names.indexOf('maps opened');
  const lastLook = names.length - 2;
  for (const { name, passed, memory } of seen.filter(({ index }) => index >= pinned && index <= lastLook)) {
    assert.equal(passed.reason, 'Execed', `after ${name}`);
    assert.equal(memory!.brokenPages, 0, name);
    assert.ok(memory!.swappedBytes <= chunkBytes, `after ${name}: ${memory!.swappedBytes} bytes of the new program`);
  }
});

test('A program that was there before its address space was opened is the one meant', async () => {
  const seen = await atEachStep((pid) => ground.inMeant.exec(pid, 7), { seed: 7 });
  for (const { name, passed, memory } of seen.slice(0, names.indexOf('maps opened'))) {
    assert.equal(passed.reason, null, `after ${name}`);
    assert.equal(memory!.brokenPages, 0, name);
  }
});
