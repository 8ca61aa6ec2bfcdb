/**
 * The worker's filter lets through what the worker does, and nothing else: the filter is read back from the kernel, and what
 * is done is recorded over a run that asks for everything, of the build in the image and of the one beside the command.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import { connectSocket, spawnWorker } from '../../../native/spawn.ts';
import type { Hello } from '../../../native/worker.ts';
import { asShipped } from '../../levels/shipped.ts';
import { startListening } from '../worker/listening.ts';
import { type Allowed, allWays, filterOf, fits } from './filter.ts';
import { type Called, readTrace, tracedWorker } from './recorded.ts';
import { callName, childrenOf, inFolder } from './tools.ts';
import { driveEverything } from './whole-run.ts';

const besideTheCommand = join(import.meta.dirname, '../../../native/build/ebb-worker');

interface Side {
  readonly allowed: readonly Allowed[];
  readonly called: Called[];
}

const worker: Side = { allowed: [], called: [] };
const reclaimer: Side = { allowed: [], called: [] };

const waysOf = async (pid: number): Promise<readonly Allowed[]> => allWays(await filterOf(pid));

async function readFilters(): Promise<void> {
  const spawned = await spawnWorker({ path: asShipped, reclaim: true });
  try {
    features = spawned.worker.hello.features;
    Object.assign(worker, { allowed: await waysOf(spawned.pid) });
    Object.assign(reclaimer, { allowed: await waysOf(childrenOf(spawned.pid)[0]!) });
  } finally {
    spawned.worker.close();
    await spawned.exited;
  }
}

/** As a child with everything asked of it, then on a socket until a signal ends it. */
async function record(program: string): Promise<void> {
  await inFolder(async (folder) => {
    const traced = tracedWorker(folder, program);
    const spawned = await spawnWorker({ path: traced.path, reclaim: true });
    try {
      await driveEverything(spawned.worker);
    } finally {
      spawned.worker.close();
      await spawned.exited;
    }
    take(traced.trace);
    {
      await using listening = await startListening(0, traced.path);
      const agent = await connectSocket(listening.socket);
      await agent.begin(null, ['observe']);
      process.kill(agent.hello.pid, 'SIGTERM');
      await agent.gone;
    }
    take(traced.trace);
  });
}

function take(trace: string): void {
  const recorded = readTrace(trace);
  worker.called.push(...recorded.worker);
  reclaimer.called.push(...recorded.reclaimer);
}

before(async () => {
  await readFilters();
  for (const program of [asShipped, besideTheCommand]) await record(program);
});

/** How the kernel goes on with a poll that a stop interrupted, whenever that was. */
const restarted = { restart_syscall: 'after a stop, where it came amidst a poll' };

/** What the filters let through beyond what is recorded here, and why. */
const beyond: Readonly<Record<'worker' | 'reclaimer', Readonly<Record<string, string>>>> = {
  worker: {
    'ioctl PIDFD_GET_INFO': 'proves the container of a process where the memory controller is on cgroup v2',
    sched_yield: 'before the kernel is asked again after EAGAIN',
    mremap: 'realloc, where answers come faster than the agent takes them',
    mprotect: 'malloc of musl, once its own records outgrow their first pages',
    set_tid_address: 'fork of musl 1.2.5',
    ...restarted,
  },
  reclaimer: {
    read: 'memory.current of a cgroup v2',
    write: 'memory.reclaim of a cgroup v2',
    exit_group: 'where its end comes before the signal of the worker’s',
    ...restarted,
  },
};

const requests = new Map([
  [0xc048ff0b, 'PIDFD_GET_INFO'],
  [0xc0686611, 'PROCMAP_QUERY'],
  [0xc0606610, 'PAGEMAP_SCAN'],
]);

/** Only made where the kernel has the feature. */
const needs: Readonly<Record<string, Hello['features'][number]>> = {
  'ioctl PROCMAP_QUERY': 'ProcmapQuery',
  'ioctl PAGEMAP_SCAN': 'PagemapScan',
  fstat: 'PidfsInode',
};
let features: Hello['features'] = [];

const isMeantToBe = (name: string): boolean => needs[name] === undefined || features.includes(needs[name]);

function nameOf({ number, conditions }: Allowed): string {
  const values = conditions.flatMap(({ kind, value }) => (kind === 'Is' ? [requests.get(value) ?? value] : []));
  return [callName(number), ...values].join(' ');
}

for (const [name, side] of Object.entries({ worker, reclaimer }) as ['worker' | 'reclaimer', Side][]) {
  test(`the filter of the ${name} lets nothing through that it does not call, but for a few with a reason`, () => {
    assert.ok(side.allowed.length > 10, `${side.allowed.length} calls let through`);
    const unused = side.allowed.filter((way) => !side.called.some((one) => fits(way, one))).map(nameOf);
    assert.deepEqual(
      unused.filter((one) => beyond[name][one] === undefined && isMeantToBe(one)),
      [],
    );
  });

  test(`no call of the ${name} meets its filter in vain`, () => {
    assert.ok(side.called.length > 20, `${side.called.length} calls`);
    const refused = side.called.filter((one) => !side.allowed.some((way) => fits(way, one)));
    assert.deepEqual([...new Set(refused.map(({ number }) => callName(number)))], []);
  });
}
