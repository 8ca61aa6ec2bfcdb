/** The standalone agent of the demo: a policy with short windows, the agent as a process, its state over its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentState } from '../node-agent/report/state.ts';

export interface DemoAgent {
  readonly log: string;
  state(): Promise<AgentState | null>;
}

const policy = (cgroup: string): string => `apiVersion: ebb.dev/v1alpha1
kind: MemoryAdvicePolicy
metadata: {name: demo, namespace: default}
spec:
  mode: Enforce
  standalone: {cgroups: ["${cgroup}"]}
  idle: {windowSeconds: 4, maxCPUMillicores: 50, minPodAgeSeconds: 0}
  steps:
  - {advice: Cold, afterIdleSeconds: 0}
  - {advice: PageOut, afterIdleSeconds: 3, ranges: All}
  wake: {advice: WillNeed, maxBytes: 2Gi}
  limits: {maxBytesPerSecond: 1Gi, maxBytesPerRound: 4Gi, maxStallMicroseconds: 2000, cooldownSeconds: 60}
  guards:
    swap: {minFreePercent: 5}
    pressure: [{resource: Memory, scope: Node, kind: Full, maxStallMillisecondsPerMinute: 30000}]
`;

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, timeout: 1000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    });
    asked
      .on('error', reject)
      .on('timeout', () => asked.destroy(new Error('no answer in 1 s')))
      .end();
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(late);
}

/** Everything it writes goes into `folder`; it watches `cgroup` only. `started` learns how to end it before anything can fail. */
export async function startAgent(
  folder: string,
  cgroup: string,
  started: (end: () => Promise<void>) => void,
): Promise<DemoAgent> {
  const policies = join(folder, 'policies');
  mkdirSync(policies, { recursive: true });
  // The agent gives up root once its worker runs: what it reads must be readable for everyone.
  chmodSync(folder, 0o755);
  writeFileSync(join(policies, 'demo.yaml'), policy(cgroup), { mode: 0o644 });
  const run = join(folder, 'run');
  const socket = join(run, 'agent.sock');
  const log = join(folder, 'agent.log');
  const output = openSync(log, 'a');
  const ebb = join(import.meta.dirname, '../bin/ebb');
  const flags = ['agent', '--standalone', '--policies', policies, '--period', '1', '--socket', socket];
  const child = spawn(ebb, [...flags, '--metrics', '127.0.0.1:0', '--state-dir', join(folder, 'state')], {
    stdio: ['ignore', output, output],
  });
  started(() => stop(child));
  const agent: DemoAgent = {
    log,
    state: async () => {
      if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}: see ${log}`);
      return await get(socket, '/state').then(parse, () => null);
    },
  };
  await answering(agent);
  return agent;
}

/** null while it is starting, which it says in words. */
function parse(text: string): AgentState | null {
  return text.startsWith('{') ? (JSON.parse(text) as AgentState) : null;
}

async function answering(agent: DemoAgent): Promise<void> {
  for (let tries = 0; (await agent.state()) === null; tries++) {
    if (tries > 100) throw new Error('the agent did not answer in 10 s');
    await sleep(100);
  }
}
