/** What must fail inside the worker does: calls are made by the shipped worker itself, in every process that it is. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { spawnWorker } from '../../../native/spawn.ts';
import { asShipped } from '../../levels/shipped.ts';
import { Target } from '../../targets/target.ts';
import { forbiddenCalls } from './forbidden.ts';
import { callIn, childrenOf, numbers } from './tools.ts';

const [notPermitted, noSuchCall] = [-1, -38];

let victim: Target;
before(async () => {
  victim = await Target.start({ uid: 12345 });
});
after(() => victim.end());

const calls = () => forbiddenCalls(victim.pid);

/** fcntl and prctl of the worker are open for less than these ask; clone3 is answered as if it were not there. */
const assertAllRefused = (answers: ReadonlyMap<string, number>): void => {
  const let_through = [...answers].filter(
    ([name, answer]) => answer !== notPermitted && !(name === 'clone3' && answer === noSuchCall),
  );
  assert.deepEqual(let_through, []);
};

type Processes = Readonly<Record<'supervisor' | 'session' | 'reclaimer', number>>;

async function within(use: (pids: Processes) => Promise<void>): Promise<void> {
  const { worker, pid, exited } = await spawnWorker({ path: asShipped, dacReadSearch: true, reclaim: true });
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

test('in the reclaimer, which may open files for writing, all others fail, and it reaches no process', () =>
  within(async (pids) => {
    const answers = await callIn(pids.reclaimer, calls());
    const permitted = -13; // EACCES: it holds no capability
    for (const name of ['memory:write', 'memory:readwrite']) assert.equal(answers.get(name), permitted, name);
    const itsOwn = new Set(['memory:write', 'memory:readwrite', 'read', 'write']);
    assertAllRefused(new Map([...answers].filter(([name]) => !itsOwn.has(name))));
  }));

/** docs/security.md says so: paths are no numbers, and a filter sees only numbers. */
test('what no filter takes away: behind it the worker can read the memory of others, and root’s files', () =>
  within(async ({ session }) => {
    const open = (name: string, path: string) => ({ name, call: 'openat', arguments: [-100, path, 0] });
    const calls = [open('memory', `/proc/${victim.pid}/mem`), open('files', `/proc/${process.pid}/root/etc/shadow`)];
    const answers = await callIn(session, calls);
    for (const { name } of calls) assert.ok(answers.get(name)! >= 0, `${name}: ${answers.get(name)}`);
  }));

test('the same calls are not refused to a process that is not confined', async () => {
  const answers = await callIn(null, calls());
  assert.equal(answers.size, calls().filter(({ call }) => numbers.has(call)).length);
  const refused = [...answers].filter(([, answer]) => answer === notPermitted).map(([name]) => name);
  assert.deepEqual(refused, []);
});
