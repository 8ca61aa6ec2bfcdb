/** What the agent itself costs: CPU and memory of agent and worker at 110 containers and 500 processes, and its start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cgroup, makeCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import { Target } from '../targets/target.ts';
import type { Figure } from './figures.ts';
import { median } from './pairs.ts';

export const containers = 110;
export const children = 4; // with the target itself and one more in every other container: 500 and some
const ticksPerSecond = 100;

const policy = (name: string): string => `apiVersion: ebb.dev/v1alpha1
kind: MemoryAdvicePolicy
metadata: {name: bench, namespace: default}
spec:
  mode: Enforce
  standalone: {cgroups: ["${name}"]}
  idle: {windowSeconds: 20, maxCPUMillicores: 50, minPodAgeSeconds: 0}
  steps: [{advice: Cold, afterIdleSeconds: 10}, {advice: PageOut, afterIdleSeconds: 20}]
`;

interface Pod extends AsyncDisposable {
  readonly cgroup: Cgroup;
}

async function pod(index: number, name: string): Promise<Pod> {
  const id = index.toString(16).padStart(64, '0');
  const cgroup = makeCgroup(`${name}/pod${index}/${id}`);
  const target = await Target.start({ cgroup });
  // Forked while it is small: the kernel pages out no page that two processes map.
  for (const inner of await target.fork(children)) cgroup.add(target.outerPid(inner));
  await target.anon(16 * 2 ** 20, index);
  return {
    cgroup,
    async [Symbol.asyncDispose]() {
      await target.end();
      await cgroup.remove();
    },
  };
}

const cpuTicks = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
/** VmRSS: now; VmHWM: the most that the process ever had. */
const rssBytes = (pid: number, name: 'VmRSS' | 'VmHWM' = 'VmRSS'): number =>
  1024 * Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

interface Running {
  readonly child: ChildProcess;
  /** From spawn to the first line that tells a decision; ms. */
  readonly firstDecision: Promise<number>;
}

function start(folder: string, level: 'debug' | 'info'): Running {
  const ebb = join(import.meta.dirname, '../../bin/ebb');
  const flags = [
    'agent',
    '--standalone',
    '--policies',
    folder,
    '--metrics',
    '127.0.0.1:0',
    '--socket',
    join(folder, 'run/agent.sock'),
    '--log-level',
    level,
  ];
  const started = performance.now();
  const child = spawn(ebb, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const firstDecision = new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"reason"') && line.includes('"cgroup"')) resolve(performance.now() - started);
    });
  });
  return { child, firstDecision };
}

async function stop({ child }: Running): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

interface Cost {
  readonly percent: number;
  readonly mebibytes: number;
  /** Since the start: while it starts it has more. */
  readonly everMebibytes: number;
}

const swapFree = (): number => Number(/^SwapFree:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);

/** Until everything is paged out: moving pages is the job, and is measured as throughput; this is what watching costs. */
async function settled(): Promise<void> {
  for (let before = -1, still = 0; still < 15; still++) {
    await sleep(1000);
    const now = swapFree();
    const total = Number(/^SwapTotal:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);
    if (now !== before || now === total) still = 0;
    before = now;
  }
}

/** CPU over `seconds` once all is paged out, and the largest RSS seen, of the agent and its worker. */
export async function cost({ child }: Pick<Running, 'child'>, seconds: number): Promise<Cost> {
  await settled();
  const pids = (): number[] => [child.pid!, ...childrenOf(child.pid!)];
  const ticks = (): number => pids().reduce((sum, pid) => sum + cpuTicks(pid), 0);
  const before = ticks();
  const started = performance.now();
  let most = 0;
  while (performance.now() - started < seconds * 1000) {
    await sleep(1000);
    most = Math.max(
      most,
      pids().reduce((sum, pid) => sum + rssBytes(pid), 0),
    );
  }
  const took = (performance.now() - started) / 1000;
  const ever = pids().reduce((sum, pid) => sum + rssBytes(pid, 'VmHWM'), 0);
  return {
    percent: (100 * (ticks() - before)) / ticksPerSecond / took,
    mebibytes: most / 2 ** 20,
    everMebibytes: ever / 2 ** 20,
  };
}

export function costFigures(bench: string, { percent, mebibytes, everMebibytes }: Cost, detail: string): Figure[] {
  const both = { bench, detail };
  const what = 'of agent and worker together';
  return [
    { ...both, what: `CPU ${what}`, value: percent, unit: '% of a core', budget: { most: 0.5 } },
    { ...both, what: `RSS ${what}, most seen`, value: mebibytes, unit: 'MiB', budget: { most: 72 } },
    { ...both, what: `RSS ${what}, most since the start`, value: everMebibytes, unit: 'MiB', budget: null },
  ];
}

export async function agent(seconds: number): Promise<Figure[]> {
  const name = `/ebb-bench-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'ebb-bench-'));
  const pods: Pod[] = [];
  const all = makeCgroup(name);
  try {
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'bench.yaml'), policy(`${name}/*/*`), { mode: 0o644 });
    for (let index = 0; index < containers; index++) pods.push(await pod(index, name));
    return await withSwap({ kind: 'zram', bytes: 4 * 2 ** 30 }, async () => [
      ...(await measured(folder, seconds)),
      ...(await startTime(folder)),
    ]);
  } finally {
    for (const each of pods) await each[Symbol.asyncDispose]();
    await all.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(folder: string, seconds: number): Promise<Figure[]> {
  const running = start(folder, 'info');
  try {
    const detail = `${containers} containers, ${containers * (children + 1)} processes, ${seconds} s, period 10 s, wake tick 1 s, every container paged out before`;
    return costFigures('agent', await cost(running, seconds), detail);
  } finally {
    await stop(running);
  }
}

async function startTime(folder: string): Promise<Figure[]> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const running = start(folder, 'debug');
    times.push(await running.firstDecision);
    await stop(running);
  }
  return [
    {
      bench: 'agent',
      what: 'start to first decision',
      value: median(times),
      unit: 'ms',
      budget: null,
      detail: `median of ${times.length}: ${times.map(Math.round).join(', ')} ms`,
    },
  ];
}
