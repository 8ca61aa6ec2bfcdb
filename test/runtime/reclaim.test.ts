/**
 * The main job on containers that containerd and runc made through CRI: the agent, started as a user starts it, finds
 * them idle, proves their processes and pages them out, and leaves alone what its policies leave out.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { acquireSwap, type Swap } from '../kernel/swap.ts';
import { psShape, whyContainerShape, whyShape } from '../unit/cli/shapes.ts';
import { type Containerd, type RunningContainer, type RunningPod, startContainerd } from './containerd.ts';

const mebibyte = 2 ** 20;
const size = 32 * mebibyte;
const bin = join(import.meta.dirname, '../../bin/ebb');
const uid = (digit: number) => `${digit}1111111-2222-4333-8444-555555555555`;
/** A static pod's cgroup is named by the hash of its configuration. */
const mirror = 'fedcba9876543210fedcba9876543210';

let swap: Swap;
let runtime: Containerd;
let pods: Readonly<Record<'burstable' | 'guaranteed' | 'bestEffort' | 'mirror', RunningPod>>;
let folder: string;
let agent: ChildProcess | null = null;

const filled = (name: string, seed: number) => ({ name, commands: [`anon 32M ${seed}`] });

before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 1024 * mebibyte });
  runtime = await startContainerd();
  pods = {
    burstable: await runtime.runPod({
      name: 'web',
      uid: uid(1),
      qos: 'Burstable',
      containers: [{ ...filled('app', 1), memoryLimitBytes: 128 * mebibyte }, filled('side', 2)],
    }),
    guaranteed: await runtime.runPod({
      name: 'db',
      uid: uid(2),
      qos: 'Guaranteed',
      containers: [filled('db', 3), filled('paused', 4)],
    }),
    bestEffort: await runtime.runPod({
      name: 'job',
      uid: uid(3),
      qos: 'BestEffort',
      sharedPid: true,
      containers: [filled('a', 5), filled('b', 6)],
    }),
    mirror: await runtime.runPod({ name: 'static', uid: mirror, qos: 'Burstable', containers: [filled('static', 7)] }),
  };
  folder = mkdtempSync(join(tmpdir(), 'ebb-reclaim-'));
  chmodSync(folder, 0o755); // The agent reads its policies as another user.
  for (const [name, policy] of Object.entries(policies())) {
    writeFileSync(join(folder, name), JSON.stringify(policy), { mode: 0o644 });
  }
});

after(async () => {
  if (agent !== null && agent.exitCode === null) {
    const gone = once(agent, 'exit');
    agent.kill('SIGTERM');
    await gone;
  }
  await runtime?.stop();
  await swap?.release();
  if (folder) rmSync(folder, { recursive: true });
});

const excluded = () => pods.guaranteed.containers[1]!;

function policies() {
  const head = { apiVersion: 'ebb.dev/v1alpha1', kind: 'MemoryAdvicePolicy' };
  const everyPod = {
    mode: 'Enforce',
    podSelector: {},
    qosClasses: ['Guaranteed', 'Burstable', 'BestEffort'],
    idle: { windowSeconds: 2, maxCPUMillicores: 50, minPodAgeSeconds: 0 },
    steps: [
      { advice: 'Cold', afterIdleSeconds: 0 },
      { advice: 'PageOut', afterIdleSeconds: 1 },
    ],
    limits: { maxBytesPerSecond: '4Gi', cooldownSeconds: 0 },
    guards: { pressure: [], minGainBytes: '4Mi' },
  };
  const leftOut = {
    ...everyPod,
    mode: 'Paused',
    priority: 1,
    podSelector: undefined,
    standalone: { containerIDs: [`containerd://${excluded().id}`] },
  };
  return {
    'every-pod.yaml': { ...head, metadata: { name: 'every-pod' }, spec: everyPod },
    'left-out.yaml': { ...head, metadata: { name: 'left-out' }, spec: leftOut },
  };
}

const socket = () => join(folder, 'agent.sock');

async function ebb(...words: string[]): Promise<string> {
  return (await promisify(execFile)(bin, words, { maxBuffer: 64 * mebibyte })).stdout;
}

const listed = async () =>
  psShape.parse(JSON.parse(await ebb('ps', '--json', '--socket', socket()))).containers.map((one) => [one.id, one]) as [
    string,
    ReturnType<typeof psShape.parse>['containers'][number],
  ][];

const everyContainer = () => Object.values(pods).flatMap((pod) => pod.containers);
const left = () => [excluded(), ...pods.mirror.containers];
const advised = () => everyContainer().filter((one) => !left().includes(one));

const region = { id: 0, start: 0, end: size };

async function inside<T>(
  container: RunningContainer,
  use: (target: Awaited<ReturnType<RunningContainer['connect']>>['target']) => Promise<T>,
): Promise<T> {
  const { target, close } = await container.connect();
  try {
    return await use(target);
  } finally {
    close();
  }
}

async function startAgent(): Promise<ChildProcess> {
  const words = ['agent', '--standalone', '--policies', folder, '--socket', socket(), '--lock', join(folder, 'lock')];
  const quick = ['--metrics', 'none', '--period', '0.5', '--cgroup-root', runtime.cgroupRoot];
  return spawn(bin, [...words, ...quick], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Until all that should go out has, as the agent says. */
async function allOut(): Promise<void> {
  let states: unknown;
  for (let tries = 0; tries < 150; tries++) {
    await sleep(200);
    if (agent!.exitCode !== null) throw new Error(`the agent ended with ${agent!.exitCode}`);
    const containers = await ebb('why', '--json', '--socket', socket()).then(
      (text) => whyShape.parse(JSON.parse(text)).containers,
      () => [],
    );
    const wanted = advised().map(({ id }) => containers.find((one) => one.id === id));
    if (wanted.every((one) => one?.state === 'PagedOut' && one.passRunning === null)) return;
    states = wanted.map((one) => one && [one.cgroup, one.state, one.reason, one.swapBytes]);
  }
  throw new Error(`not all went out: ${JSON.stringify(states)}`);
}

test('idle containers of every QoS class go out, those left out stay, and each byte is as it was', async () => {
  const before = await Promise.all(everyContainer().map((one) => inside(one, (target) => target.checksum(region))));
  agent = await startAgent();
  await allOut();

  const shown = new Map(await listed());
  for (const container of advised()) {
    const one = shown.get(container.id)!;
    assert.equal(one.state, 'PagedOut', 'ebb ps shows what the agent decided');
    assert.ok(one.swapBytes >= 0.95 * size, `${container.name}: ${one.swapBytes} in swap`);
    assert.deepEqual(
      one.processes.map(({ pid }) => pid),
      container.pids(),
    );
  }
  for (const container of left()) {
    const pages = await inside(container, (target) => target.pages(region));
    assert.deepEqual(pages, { presentBytes: size, swappedBytes: 0 }, container.name);
    assert.equal(shown.get(container.id)!.swapBytes, 0);
  }
  const [out] = advised();
  assert.ok((await inside(out!, (target) => target.pages(region))).swappedBytes >= 0.95 * size);

  const after = await Promise.all(everyContainer().map((one) => inside(one, (target) => target.checksum(region))));
  assert.deepEqual(after, before);
});

test('ebb why tells why a container was left alone', async () => {
  const why = async ({ id }: RunningContainer) =>
    whyContainerShape.parse(JSON.parse(await ebb('why', id.slice(0, 16), '--json', '--socket', socket())));
  const paused = await why(excluded());
  assert.deepEqual([paused.policy, paused.mode, paused.reason], ['left-out', 'Paused', 'Paused']);
  const critical = await why(pods.mirror.containers[0]!);
  assert.deepEqual([critical.policy, critical.reason], [null, 'CriticalPod']);
  assert.equal(critical.lastAdvice, null);
  const said = await ebb('why', excluded().id.slice(0, 16), '--socket', socket());
  assert.match(said, /^reason +Paused: the policy or the node is paused$/m);
});

test('the agent ends on SIGTERM within 2 s', async () => {
  const started = performance.now();
  const gone = once(agent!, 'exit');
  agent!.kill('SIGTERM');
  const [code] = await gone;
  assert.equal(code, 0);
  assert.ok(performance.now() - started < 2000);
});
