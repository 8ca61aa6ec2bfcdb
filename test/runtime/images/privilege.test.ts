/**
 * What the two containers of the node agent may do, as containerd starts them from the chart: its default filter takes nothing
 * from them that they need, and nothing that takes a privilege succeeds in either.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentUser } from '../../../node-agent/config.ts';
import { allWays, filterOf, letsThrough } from '../../kernel/privilege/filter.ts';
import { forbiddenCalls } from '../../kernel/privilege/forbidden.ts';
import { type Call, callIn, callName, childrenOf } from '../../kernel/privilege/tools.ts';
import { acquireSwap, type Swap } from '../../kernel/swap.ts';
import { probeShape } from '../../unit/cli/shapes.ts';
import type { RunningChartPod } from '../chart-pod.ts';
import { type Containerd, startContainerd } from '../containerd.ts';
import { startAgentPod } from './agent-pod.ts';
import { archiveOf } from './archive.ts';

const mib = 2 ** 20;
let swap: Swap;
let runtime: Containerd;
let folder: string;
let pod: RunningChartPod;
before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 64 * mib });
  runtime = await startContainerd();
  for (const program of ['node-agent', 'worker'] as const) runtime.importImage(archiveOf(program));
  folder = mkdtempSync(join(tmpdir(), 'ebb-privilege-'));
  chmodSync(folder, 0o755);
  asLeftByAnother(join(folder, 'state'));
  pod = await startAgentPod(runtime, folder);
  for (let tries = 0; !pod.log('agent').includes('Started agent'); tries++) {
    assert.ok(tries < 300, pod.log('agent'));
    await sleep(100);
  }
});
after(async () => {
  await pod?.[Symbol.asyncDispose]();
  await runtime?.stop();
  await swap?.release();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const operatorUser = 65532;

/** What an agent of another user, as it once was, left on the host: nothing of it can be opened by this one. */
function asLeftByAnother(state: string): void {
  mkdirSync(join(state, 'agent'), { recursive: true, mode: 0o700 });
  for (const name of ['agent.lock', 'agent/journal.json']) writeFileSync(join(state, name), '{}', { mode: 0o600 });
  for (const name of ['agent.lock', 'agent/journal.json', 'agent'])
    chownSync(join(state, name), operatorUser, operatorUser);
  chownSync(state, 0, operatorUser);
  chmodSync(state, 0o770);
}

const pidOf = (container: string): number => pod.pids(container)[0]!;

/** As the containers see it: they are in the PID namespace of what stands for the host here. */
const innerPid = (pid: number): number =>
  Number(/^NSpid:.*\s(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
const innerPidOf = (container: string): number => innerPid(pidOf(container));

function statuses(pid: number): readonly Readonly<Record<string, string>>[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const lines = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8').trim().split('\n');
    return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
  });
}

test('no thread of the agent holds a capability or may gain one, and all are filtered', () => {
  const threads = statuses(pidOf('agent'));
  assert.ok(threads.length > 1);
  for (const status of threads) {
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(status[set]!, /^0+$/, set);
    assert.deepEqual([status['NoNewPrivs'], status['Seccomp']], ['1', '2']);
    for (const id of ['Uid', 'Gid']) assert.equal(status[id], Array(4).fill(agentUser).join('\t'));
  }
});

test('the worker holds two capabilities and its own filter on top of the runtime’s', () => {
  const [status] = statuses(pidOf('worker'));
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) assert.equal(Number.parseInt(status![set]!, 16), 0x880000, set);
  assert.deepEqual([status!['NoNewPrivs'], status!['Seccomp_filters']], ['1', '2']);
});

test('the runtime’s default filter lets through every call that the worker’s own filter does', async () => {
  const [own, ofRuntime] = [await filterOf(pidOf('worker'), 1), await filterOf(pidOf('worker'))];
  const ways = allWays(own);
  assert.ok(ways.length > 30, `${ways.length} ways`);
  const lost = ways.filter((way) => !letsThrough(ofRuntime, way)).map(({ number }) => callName(number));
  assert.deepEqual(lost, []);
});

/** Mounts that can be written to and are no file system of the kernel's own. */
function writable(pid: number): string[] {
  const own = new Set(['proc', 'sysfs', 'mqueue', 'devpts', 'cgroup', 'cgroup2']);
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  return lines.flatMap((line) => {
    const [place, kind] = [line.split(' - ')[0]!.split(' '), line.split(' - ')[1]!.split(' ')[0]!];
    const isWritable = place[5]!.split(',').includes('rw');
    return isWritable && !own.has(kind) && !/^\/(dev|proc)(\/|$)/.test(place[4]!) ? [place[4]!] : [];
  });
}

/** Cgroups of v1 are mounts below it, which only a runtime that can make mounts read-only recursively reaches. */
const cgroupsAre = (pid: number): string | undefined =>
  / \/sys\/fs\/cgroup (r[ow])[, ]/.exec(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))?.[1];

test('of all folders the agent may write to its state and its socket’s, the worker to its socket’s', () => {
  assert.deepEqual(writable(pidOf('agent')).sort(), ['/run/ebb', '/var/lib/ebb']);
  assert.deepEqual(writable(pidOf('worker')), ['/run/ebb-worker']);
  for (const container of ['agent', 'worker']) assert.equal(cgroupsAre(pidOf(container)), 'ro');
});

test('what an agent of another user left on the host is left alone, and this one has a folder of its own there', () => {
  const owners = ['agent', 'agent.lock', 'state', 'lock'].map((name) => statSync(join(folder, 'state', name)).uid);
  assert.deepEqual(owners, [operatorUser, operatorUser, agentUser, agentUser]);
});

test('the agent can make no file anywhere else, and no cgroup', async () => {
  const places = [
    '/',
    '/etc',
    '/usr/lib/ebb',
    '/run',
    '/run/ebb-worker',
    '/sys/fs/cgroup',
    '/proc/sys',
    '/var/lib/ebb',
  ];
  const script = `for (const place of ${JSON.stringify(places)}) {
    try { fs.mkdirSync(place + '/ebb-tried'); console.log(place); } catch {}
  }`;
  const { out } = await pod.exec('agent', '/usr/local/bin/node', '-e', script);
  assert.deepEqual(out.trim().split('\n'), ['/var/lib/ebb']);
});

/** What every process may do to itself, or that fails for its arguments before rights are asked for. */
const ordinary = new Set([
  ...['read', 'write', 'pwrite64', 'dup', 'recvmsg', 'connect', 'bind', 'execve', 'execveat', 'prlimit64', 'capset'],
  ...['prctl:name', 'prctl:dumpable', 'memory:executable', 'memfd_create', 'socket:inet', 'socket:netlink', 'seccomp'],
  ...['socketpair:datagram', 'socketpair:packets', 'socketpair:netlink'],
  ...[
    'create',
    'creat',
    'unlinkat',
    'renameat2',
    'mkdirat',
    'symlinkat',
    'fchmodat',
    'fchownat',
    'truncate',
    'setxattr',
  ],
  ...['pidfd_send_signal', 'process_mrelease', 'personality', 'sched_setaffinity', 'setresuid', 'terminal', 'clone3'],
  'io_uring_setup', // containerd 1.6 lets everybody
]);

test('ebb probe inside the agent tells what the worker may do', async () => {
  const { code, out, err } = await pod.exec(
    'agent',
    '/usr/local/bin/node',
    '/usr/lib/ebb/dist/ebb.js',
    'probe',
    '--json',
  );
  assert.equal(code, 0, err);
  const { worker, missing } = probeShape.parse(JSON.parse(out));
  assert.deepEqual([...worker.capabilities].sort(), ['SYS_NICE', 'SYS_PTRACE']);
  assert.equal(
    missing.some(({ what }) => what.startsWith('MissingSys')),
    false,
  );
});

/** As a container of that user would be seen by the agent: a process without a capability. `use` gets its PID there. */
async function withProcessOf<T>(user: number, use: (pid: number) => Promise<T>): Promise<T> {
  const ids = [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
  const there = ['--target', String(pidOf('agent')), '--pid', 'setpriv', ...ids, 'sleep', 'infinity'];
  const entered = spawn('nsenter', there, { stdio: 'ignore' });
  for (let tries = 0; childrenOf(entered.pid!).length === 0; tries++) {
    assert.ok(tries < 100, 'it does not start');
    await sleep(50);
  }
  const [pid] = childrenOf(entered.pid!);
  try {
    for (let tries = 0; readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n'; tries++) {
      assert.ok(tries < 100, 'it does not run');
      await sleep(50);
    }
    return await use(innerPid(pid!));
  } finally {
    process.kill(pid!, 'SIGKILL');
  }
}

const reaching = (whose: string, pid: number): readonly Call[] => [
  { name: `${whose}:files`, call: 'openat', arguments: [-100, `/proc/${pid}/root/`, 0] },
  { name: `${whose}:memory`, call: 'openat', arguments: [-100, `/proc/${pid}/mem`, 2] },
  { name: `${whose}:kill`, call: 'kill', arguments: [pid, 0] },
];

test('nothing that takes a privilege succeeds inside the agent, and it reaches processes of its own user alone', async () => {
  const calls = forbiddenCalls(innerPidOf('worker'));
  const answers = await withProcessOf(agentUser, (own) =>
    withProcessOf(operatorUser, (others) =>
      callIn(pidOf('agent'), [...calls, ...reaching('own', own), ...reaching('operator', others)]),
    ),
  );
  const refused = new Set([-1, -13, -38]); // EPERM, EACCES, ENOSYS
  const others = [...answers].filter(([name, answer]) => !ordinary.has(name) && !refused.has(answer));
  // Why no other container has its user.
  const ofItsOwn = new Set(['own:files', 'own:memory', 'own:kill']);
  assert.deepEqual(
    others.filter(([name]) => !ofItsOwn.has(name)),
    [],
  );
  assert.deepEqual(
    others.flatMap(([name, answer]) => (ofItsOwn.has(name) && answer >= 0 ? [name] : [])),
    [...ofItsOwn],
  );
  assert.ok(answers.size - ordinary.size > 40);
});

test('nothing forbidden succeeds inside the worker, here too', async () => {
  const answers = await callIn(pidOf('worker'), forbiddenCalls(1));
  const others = [...answers].filter(([name, answer]) => answer !== -1 && name !== 'clone3');
  assert.deepEqual(others, []);
});
