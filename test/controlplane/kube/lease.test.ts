/** Of candidates that are stopped, killed and ended, one leads at a time, and no one writes after another has begun to. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../../../kube/connection.ts';
import { Election, type ElectionOptions, leases } from '../../../kube/lease.ts';
import { recordOf } from '../../../kube/lease-record.ts';
import { readObject } from '../../../kube/objects.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { tied } from '../tied.ts';
import { ConfigMaps, connectTo, type Data, follow, until } from './config-maps.ts';

/** What the design promises for a leader that is gone. */
const takeOverMillis = 20_000;

let plane: ControlPlane;
let connection: Connection;
let maps: ConfigMaps;

before(async () => {
  plane = await startControlPlane();
  connection = await connectTo(plane);
  maps = new ConfigMaps(connection, 'default');
  await maps.create('election');
});
after(async () => {
  connection?.[Symbol.dispose]();
  await plane?.stop();
});

class Candidate implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(identity: string) {
    const program = join(import.meta.dirname, 'candidate.ts');
    const [command, words] = tied('KILL', process.execPath, [program, identity, plane.kubeconfig]);
    this.#child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface(this.#child.stdout!).on('line', (line) => this.lines.push(line));
  }

  has(line: string, from = 0): boolean {
    return this.lines.slice(from).some((one) => one.startsWith(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

const leaseNow = async () => recordOf(await readObject(connection, leases, { namespace: 'default', name: 'election' }));

/** Who wrote, as every change of the ConfigMap told it. */
async function writers(): Promise<{ names: string[] } & AsyncDisposable> {
  const names: string[] = [];
  const followed = await follow(connection, 'default', {
    fieldSelector: 'metadata.name=election',
    changed: (changes) => {
      for (const change of changes) {
        const by = change.kind === 'removed' ? undefined : (change.item.value as Data)['by'];
        if (by !== undefined && names.at(-1) !== by) names.push(by);
      }
    },
  });
  return { names, [Symbol.asyncDispose]: () => followed[Symbol.asyncDispose]() };
}

test('a leader that is stopped past its lease is followed, and when it wakes it knows before it writes', async () => {
  await using seen = await writers();
  await using first = new Candidate('first');
  await until('the first to write', () => first.has('wrote 3'), 20_000);
  await using second = new Candidate('second');
  await until('the second to wait', () => second.has('waits'), 10_000);
  await sleep(2500);
  first.signal('SIGSTOP');
  const millis = await until('the second to write', () => second.has('wrote'), takeOverMillis);
  const before = first.lines.length;
  first.signal('SIGCONT');
  await until('the first to know', () => first.has('leads no more', before), 3000);
  await sleep(3000);
  const after = first.lines.slice(before);
  // A write whose answer was on its way when it was stopped may be told after it woke; it was made before.
  assert.ok(after.filter((line) => line.startsWith('wrote')).length <= 1, after.join('\n'));
  assert.deepEqual(seen.names, ['first', 'second']);
  const { holder, transitions } = await leaseNow();
  assert.deepEqual({ holder, transitions }, { holder: 'second', transitions: 1 });
  console.log(`taken over after ${(millis / 1000).toFixed(1)} s; the one that woke said: ${after.join(', ')}`);

  second.signal('SIGKILL');
  const begun = first.lines.length;
  const killed = await until('the first to write again', () => first.has('wrote', begun), takeOverMillis);
  assert.deepEqual(seen.names, ['first', 'second', 'first']);
  console.log(`taken over ${(killed / 1000).toFixed(1)} s after a kill`);

  await using third = new Candidate('third');
  await until('the third to wait', () => third.has('waits'), 10_000);
  await sleep(500);
  first.signal('SIGTERM');
  const released = await until('the third to lead', () => third.has('leads'), 5000);
  await until('the first to end', () => first.has('ended'), 2000);
  assert.deepEqual(
    first.lines.filter((line) => line.startsWith('failed')),
    [],
  );
  console.log(`taken over ${(released / 1000).toFixed(1)} s after a release`);
});

/** A candidate in this process, until disposed. */
function candidate(name: string, times: Partial<ElectionOptions>) {
  const election = new Election(connection, { namespace: 'default', name, ...times });
  const abort = new AbortController();
  let terms = 0;
  const running = election.run(async (term) => {
    await once(term, 'abort');
    terms++;
  }, abort.signal);
  return {
    election,
    /** How many terms have ended. */
    terms: () => terms,
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
    },
  };
}

test('who can not renew in time leads no more, before another may', async () => {
  const times = { leaseSeconds: 4, renewDeadlineSeconds: 2, retrySeconds: 0.5 };
  await using one = candidate('unreachable', times);
  const { election } = one;
  await until('it to lead', () => election.isLeader(), 5000);
  await sleep(3000);
  assert.equal(election.isLeader(), true, 'renewed');
  plane.freezeApiServer();
  try {
    await until('it to know', () => !election.isLeader(), 2100);
    await until('its term to end', () => one.terms() === 1, 1000);
    const call = { method: 'PATCH', path: '/api', body: {} } as const;
    await assert.rejects(election.guarded(connection).request(call), { code: 'NotLeader' });
  } finally {
    plane.resumeApiServer();
  }
  await until('it to lead again', () => election.isLeader(), 10_000);
});

test("a lease that another wrote in the meantime is another's: no write over it, and the lead is lost", async () => {
  const times = { leaseSeconds: 4, renewDeadlineSeconds: 3, retrySeconds: 0.5 };
  await using one = candidate('stolen', times);
  await until('it to lead', () => one.election.isLeader(), 5000);
  const patch = JSON.stringify({ spec: { holderIdentity: 'thief', leaseDurationSeconds: 60 } });
  await plane.kubectlOk(['patch', 'lease', '-n', 'default', 'stolen', '--type=merge', '-p', patch]);
  await until('it to know', () => !one.election.isLeader(), 2500);
  await sleep(1500);
  assert.equal(one.election.holder, 'thief');
  const { holder } = recordOf(await readObject(connection, leases, { namespace: 'default', name: 'stolen' }));
  assert.equal(holder, 'thief');
});

test('of many candidates at once one leads', async () => {
  const times = { leaseSeconds: 4, renewDeadlineSeconds: 3, retrySeconds: 0.2 };
  await using all = new AsyncDisposableStack();
  const elections = Array.from({ length: 8 }, () => all.use(candidate('many', times)).election);
  await until('one to lead', () => elections.some((one) => one.isLeader()), 5000);
  for (let look = 0; look < 200; look++) {
    assert.equal(elections.filter((one) => one.isLeader()).length, 1);
    await sleep(10);
  }
});
