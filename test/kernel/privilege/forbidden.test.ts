/** What must fail inside the worker does: calls are made by the shipped worker itself, in every process that it is. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnWorker } from '../../../native/spawn.ts';
import { asShipped } from '../../levels/shipped.ts';
import { Target } from '../../targets/target.ts';
import { makeCgroup } from '../cgroup.ts';
import { forbiddenCalls } from './forbidden.ts';
import { type Call, callIn, childrenOf, numbers } from './tools.ts';

const [notPermitted, noAccess, noSuchCall] = [-1, -13, -38];

let victim: Target;
let folder: string;
let secret: string;
before(async () => {
  victim = await Target.start({ uid: 12345 });
  folder = mkdtempSync(join(tmpdir(), 'ebb-forbidden-'));
  chmodSync(folder, 0o755);
  secret = join(folder, 'secret');
  writeFileSync(secret, '', { mode: 0o600 });
  chownSync(secret, 12345, 12345);
});
after(async () => {
  await victim?.end();
  rmSync(folder, { recursive: true, force: true });
});

const calls = () => forbiddenCalls(victim.pid);

/** fcntl and prctl of the worker are open for less than these ask; clone3 is answered as if it were not there. */
const assertAllRefused = (answers: ReadonlyMap<string, number>): void => {
  const let_through = [...answers].filter(
    ([name, answer]) => answer !== notPermitted && !(name === 'clone3' && answer === noSuchCall),
  );
  assert.deepEqual(let_through, []);
};

type Processes = Readonly<Record<'supervisor' | 'session' | 'reclaimer', number>>;

async function within(use: (pids: Processes) => Promise<void>, dacReadSearch = true): Promise<void> {
  const { worker, pid, exited } = await spawnWorker({ path: asShipped, dacReadSearch, reclaim: true });
  try {
    const [reclaimer] = childrenOf(pid);
    const session = await worker.begin(null, ['observe', 'advise']);
    session.ended.catch(() => undefined);
    await session.open([{ pid: victim.pid, startTicks: 0 }]);
    const child = childrenOf(pid).find((one) => one !== reclaimer);
    await use({ supervisor: pid, session: child!, reclaimer: reclaimer! });
  } finally {
    worker.close();
    await exited;
  }
}

for (const role of ['supervisor', 'session'] as const)
  test(`every forbidden call fails in the ${role} of the worker, with all its capabilities`, () =>
    within(async (pids) => {
      const answers = await callIn(pids[role], calls());
      assert.ok(answers.size > 80 || process.arch !== 'x64', `${answers.size} calls`);
      assertAllRefused(answers);
    }));

test('in the reclaimer, which may open files for writing, all others fail, and it has no other user’s memory', () =>
  within(async (pids) => {
    const answers = await callIn(pids.reclaimer, calls());
    for (const name of ['memory:write', 'memory:readwrite']) assert.equal(answers.get(name), noAccess, name);
    const itsOwn = new Set(['memory:write', 'memory:readwrite', 'read', 'write']);
    assertAllRefused(new Map([...answers].filter(([name]) => !itsOwn.has(name))));
  }));

const opening = (name: string, path: string, flags: number): Call => ({
  name,
  call: 'openat',
  arguments: [-100, path, flags],
});

async function landlockVersion(): Promise<number> {
  const version = await callIn(null, [{ name: 'version', call: 'landlock_create_ruleset', arguments: [0, 0, 1] }]);
  return version.get('version')!;
}

/** Its own user's, root's, though they hold no more than it does: nothing else in the kernel keeps it from them. */
test('where there is Landlock the reclaimer reaches no process of root’s and writes to cgroups alone', async (t) => {
  if ((await landlockVersion()) < 1) return t.skip('this kernel has no Landlock');
  const powerless = ['--bounding-set', '-all', '--inh-caps', '-all', 'sleep', 'infinity'];
  const root = spawn('setpriv', powerless, { stdio: 'ignore' });
  const cgroup = makeCgroup('reclaimer');
  try {
    await once(root, 'spawn');
    await sleep(100); // setpriv is sleep by now
    const [reading, writing, both] = [0, 1, 2];
    const reaching = [
      opening('memory', `/proc/${root.pid}/mem`, reading),
      opening('memory:readwrite', `/proc/${root.pid}/mem`, both),
      opening('root', `/proc/${root.pid}/root`, reading),
      opening('elsewhere', '/dev/null', writing),
    ];
    const ofCgroup = opening('cgroup', `${cgroup.folder}/cgroup.procs`, writing);
    const free = await callIn(null, [...reaching, ofCgroup]);
    assert.deepEqual(
      [...free].filter(([, answer]) => answer < 0),
      [],
    );
    await within(async ({ reclaimer }) => {
      const answers = await callIn(reclaimer, [...reaching, ofCgroup]);
      for (const { name } of reaching) assert.equal(answers.get(name), noAccess, name);
      assert.ok(answers.get('cgroup')! >= 0, 'it can limit, freeze and kill');
    });
  } finally {
    root.kill('SIGKILL');
    await cgroup.remove();
  }
});

/** As below a filter of the runtime's that knows no Landlock: strace answers the call in the kernel's place. */
function withoutLandlock(inside: string): string {
  const path = join(inside, 'without-landlock');
  const strace = 'strace --follow-forks -qq --trace=landlock_restrict_self --inject=landlock_restrict_self:error=EPERM';
  writeFileSync(path, `#!/bin/sh\nexec ${strace} --output=/dev/null -- ${asShipped} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the worker says whether Landlock encloses the reclaimer: not where the kernel has none or its calls are refused', async () => {
  const saidBy = async (path: string, reclaim: boolean): Promise<boolean> => {
    const { worker, exited } = await spawnWorker({ path, reclaim });
    worker.close();
    await exited;
    return worker.hello.features.includes('Landlock');
  };
  assert.equal(await saidBy(asShipped, true), (await landlockVersion()) >= 1);
  assert.equal(await saidBy(asShipped, false), false);
  assert.equal(await saidBy(withoutLandlock(folder), true), false);
});

/** docs/security.md says so: paths are no numbers, and a filter sees only numbers. */
const readable = () => [
  opening('memory:root', `/proc/${process.pid}/mem`, 0),
  opening('memory:other', `/proc/${victim.pid}/mem`, 0),
  opening('file:root', `/proc/${process.pid}/root/etc/shadow`, 0),
  opening('file:other', `/proc/${process.pid}/root${secret}`, 0),
];

test('what no filter takes away: with DAC_READ_SEARCH the worker can read all memory and every file', () =>
  within(async ({ session }) => {
    const answers = await callIn(session, readable());
    for (const { name } of readable()) assert.ok(answers.get(name)! >= 0, `${name}: ${answers.get(name)}`);
  }));

test('without it, as the chart gives by default, the worker can read memory and files of root’s, and no other user’s', () =>
  within(async ({ session }) => {
    const answers = await callIn(session, readable());
    for (const [name, answer] of answers)
      assert.ok(name.endsWith(':other') ? answer === noAccess : answer >= 0, `${name}: ${answer}`);
  }, false));

test('the same calls are not refused to a process that is not confined', async () => {
  const answers = await callIn(null, calls());
  assert.equal(answers.size, calls().filter(({ call }) => numbers.has(call)).length);
  const refused = [...answers].filter(([, answer]) => answer === notPermitted).map(([name]) => name);
  assert.deepEqual(refused, []);
});
