import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { adviseShape } from '../../unit/cli/shapes.ts';
import { lock } from '../lock.ts';
import { swapAreas } from '../swap.ts';
import { ebb, printable } from './ebb.ts';

const advise = (...words: (string | number)[]) => ebb(['advise', ...words, '--advice', 'cold', '--json']);

/** Refused, exit code 3, the reason in the JSON and on stderr, and no call made. */
async function refusedAs(reason: string, words: (string | number)[]): Promise<void> {
  const said = await advise(...words);
  assert.equal(said.code, 3, said.err);
  const { processes } = adviseShape.parse(JSON.parse(said.out));
  assert.deepEqual(
    processes.map((one) => [one.error, one.calls, one.advisedBytes]),
    [[reason, 0, 0]],
  );
  assert.match(said.err, new RegExp(`^ebb: refused: .*${reason}: .+\n$`));
}

test('A PID that nobody has is refused', () => refusedAs('NoSuchProcess', ['--pid', 4194304]));
test('PID 1 is refused', () => refusedAs('InitProcess', ['--pid', 1]));
test('An ancestor of Ebb is refused', () => refusedAs('OwnProcess', ['--pid', process.pid]));
test('A kernel thread is refused', () => refusedAs('KernelThread', ['--pid', 2]));

test('A thread of another process is refused, whatever /proc says of it', async () => {
  await using target = await Target.start();
  await target.startSpin();
  const tid = readdirSync(`/proc/${target.pid}/task`)
    .map(Number)
    .find((each) => each !== target.pid);
  await refusedAs('NotAProcess', ['--pid', tid!]);
});

test('A zombie is refused', async () => {
  await using target = await Target.start();
  const child = await target.zombie();
  await refusedAs('Zombie', ['--pid', target.outerPid(child)]);
});

test('A container and a cgroup that do not exist are refused by name, without control characters', async () => {
  for (const words of [
    ['--container', 'deadbeefdead'],
    ['--cgroup', '/no/such\x1b[2J'],
    ['--cgroup', '/../..'],
  ]) {
    const said = await advise(...words);
    assert.equal(said.code, 3, said.err);
    assert.match(said.err, /refused \(NoSuchContainer\)/);
    assert.ok(printable(said));
  }
});

test('Without swap PageOut is skipped with NoSwap and exit code 3, and Cold works', async (t) => {
  const held = await lock(join(tmpdir(), 'ebb-swap.lock'));
  try {
    if (swapAreas().length > 0) return t.skip('this machine has swap of its own');
    await using target = await Target.start();
    await target.anon(8 << 20);
    const said = await ebb(['advise', '--pid', target.pid, '--advice', 'pageout', '--json']);
    assert.equal(said.code, 3, said.err);
    const one = adviseShape.parse(JSON.parse(said.out)).processes[0]!;
    assert.equal(one.error, 'NoSwap');
    assert.equal(one.advisedBytes, 0);
    assert.ok(one.skipped.some(({ reason, bytes }) => reason === 'NoSwap' && bytes >= 8 << 20));
    assert.match(said.err, /NoSwap: the node has no swap/);
    const cold = await ebb(['advise', '--pid', target.pid, '--advice', 'cold']);
    assert.equal(cold.code, 0, cold.err);
    assert.match(cold.out, /Cold: .* advised/);
  } finally {
    await held.release();
  }
});

const badUsage: string[][] = [
  [],
  ['frobnicate'],
  ['advise'],
  ['advise', '--pid', '1'],
  ['advise', '--advice', 'cold'],
  ['advise', '--advice', 'dontneed', '--pid', '7'],
  ['advise', '--advice', 'cold', '--pid', '-7'],
  ['advise', '--advice', 'cold', '--pid', '7x'],
  ['advise', '--advice', 'cold', '--pid', '0'],
  ['advise', '--advice', 'cold', '--pid', '7', '--container', 'abcd'],
  ['advise', '--advice', 'cold', '--in-container', 'abcd'],
  ['advise', '--advice', 'cold', '--pid', '7', '--min-range', '64kb'],
  ['advise', '--advice', 'willneed', '--pid', '7', '--keep-resident', '1Mi'],
  ['advise', '--advice', 'cold', '--pid', '7', '--allow-reclaim'],
  ['advise', '--advice', 'cold', '--cgroup', '/'],
  ['advise', '--advice', 'cold', '--container', '../../x'],
  ['advise', '--advice', 'cold', '--pid', '7', '--frob\x1b[2J'],
  ['ps', '--sort', 'size'],
  ['ps', 'extra'],
  ['probe', '--jsno'],
  ['why', 'a', 'b'],
  ['policy'],
  ['policy', 'check'],
  ['agent'],
  ['agent', '--standalone'],
  ['agent', '--standalone', '--policies', '/tmp', '--period', 'soon'],
];
for (const words of badUsage) {
  test(`ebb ${JSON.stringify(words.join(' '))} is bad usage: exit code 2, usage on stderr, nothing on stdout`, async () => {
    const said = await ebb(words);
    assert.equal(said.code, 2, said.err);
    assert.equal(said.out, '');
    assert.match(said.err, /^ebb: .+\n/);
    assert.match(said.err, /usage:|Commands:/);
    assert.ok(printable(said));
  });
}

test('--help, help and --version answer on stdout with exit code 0', async () => {
  for (const words of [
    ['--help'],
    ['help'],
    ['help', 'advise'],
    ['advise', '--help'],
    ['policy', 'check', '-h'],
    ['policy', '--help'],
    ['policy', '-h'],
    ['help', 'policy'],
    ['--version'],
  ]) {
    const said = await ebb(words);
    assert.equal(said.code, 0, said.err);
    assert.notEqual(said.out, '');
    assert.equal(said.err, '');
  }
});

test('The help of a word that begins several commands lists them', async () => {
  for (const words of [
    ['policy', '--help'],
    ['help', 'policy'],
  ]) {
    assert.match((await ebb(words)).out, /ebb policy check +check policy files/);
  }
  assert.equal((await ebb(['frobnicate', '--help'])).code, 2);
  assert.equal((await ebb(['policy', 'frobnicate', '--help'])).code, 2);
});

test('A missing worker and a missing library are one line each that says how to build them', async () => {
  const none = { EBB_WORKER: '/nowhere/ebb-worker', EBB_LIBRARY: '/nowhere/libebb.so' };
  for (const words of [['probe'], ['ps', '--all'], ['advise', '--pid', String(process.ppid), '--advice', 'cold']]) {
    const said = await ebb(words, { env: none });
    assert.equal(said.code, 1, said.err);
    assert.match(said.err, /^ebb: .*npm run build.*\n$/);
  }
});

test('A library that is something else is one line that says how to build it', async () => {
  const said = await ebb(['ps', '--all'], { env: { EBB_LIBRARY: '/usr/lib/x86_64-linux-gnu/libm.so.6' } });
  assert.equal(said.code, 1);
  assert.match(said.err, /^ebb: .*npm run build.*\n$/);
});

test('The capability that is missing is named, with what to do', async () => {
  await using target = await Target.start();
  for (const [dropped, reason] of [
    ['sys_ptrace', 'MissingSysPtrace'],
    ['sys_nice', 'MissingSysNice'],
  ] as const) {
    const through = ['setpriv', '--bounding-set', `-${dropped}`, '--inh-caps', `-${dropped}`];
    const said = await ebb(['advise', '--pid', target.pid, '--advice', 'cold'], { through });
    assert.equal(said.code, 3, said.err);
    assert.match(said.err, new RegExp(`^ebb: refused \\(${reason}\\): .*CAP_${dropped.toUpperCase()}`));
    assert.match(
      (await ebb(['probe'], { through })).out,
      new RegExp(`missing: ${reason}: .*\n.*CAP_${dropped.toUpperCase()}`),
    );
  }
});
