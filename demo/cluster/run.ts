/**
 * `npm run demo:cluster`: a cluster on this machine, from `kubectl apply` to memory that is back. A real API server, this
 * machine as its node, three real pods through CRI, operator and agent as processes under the roles that they ship with.
 * Shows what kubectl shows while memory leaves and comes back; checks every page; cleans up. Exit code 0 only if at least
 * 80 % of the idle pods' memory left, the policy's status says so, and all of it came back intact.
 */
import { chmodSync, chownSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../kube/connect.ts';
import { agentUser } from '../../node-agent/config.ts';
import { type Installed, installAccess } from '../../test/controlplane/access/installed.ts';
import { type ControlPlane, startControlPlane } from '../../test/controlplane/control-plane.ts';
import { hierarchies } from '../../test/kernel/hierarchies.ts';
import { acquireSwap, swapAreas } from '../../test/kernel/swap.ts';
import { type RunningPod, startContainerd } from '../../test/runtime/containerd.ts';
import type { Region } from '../../test/targets/driver.ts';
import { CleanUp } from '../clean-up.ts';
import { freeSwapBytes, usage } from '../memory.ts';
import { runDemo } from '../whole.ts';
import { Machine, namespace } from './machine.ts';
import { Program } from './programs.ts';
import { Tables } from './tables.ts';

const MiB = 2 ** 20;
const mib = (bytes: number): string => `${Math.round(bytes / MiB).toLocaleString('en')} MiB`;
const say = (text: string): void => console.log(text);
const examples = join(import.meta.dirname, '../../examples');

const cleanUp = new CleanUp();

async function swapOn(): Promise<string> {
  if (freeSwapBytes() >= 1024 * MiB) return `the machine's own (${swapAreas().join(', ')})`;
  const bytes = 2048 * MiB;
  const swap = await acquireSwap({ kind: 'zram', bytes }).catch(() => acquireSwap({ kind: 'file', bytes }));
  cleanUp.later(() => swap.release());
  return `${swap.kind} of 2 GiB, made for the demo`;
}

interface Pod {
  readonly running: RunningPod;
  readonly region: Region;
  readonly checksum: string;
}

/** Idle once it has filled its memory. */
async function idlePod(machine: Machine, name: string, bytes: number): Promise<Pod> {
  const running = await machine.run({ name, labels: { app: 'web', 'ebb-demo': 'quick-look' }, commands: [] });
  const { target, close } = await running.containers[0]!.connect();
  const region = await target.anon(bytes, 7);
  const checksum = await target.checksum(region);
  close();
  return { running, region, checksum };
}

/** Reads every page, as a request after a long pause would; whether each is what was written. */
async function wake({ running, region, checksum }: Pod): Promise<{ millis: number; intact: boolean }> {
  const { target, close } = await running.containers[0]!.connect();
  const started = performance.now();
  await target.touch(region);
  const millis = performance.now() - started;
  const intact = (await target.brokenPages(region)) === 0 && (await target.checksum(region)) === checksum;
  close();
  return { millis, intact };
}

interface Here {
  readonly node: string;
  readonly nodeUID: string;
  readonly cgroupRoot: string;
}

async function programs(plane: ControlPlane, installed: Installed, { node, nodeUID, cgroupRoot }: Here) {
  const { folder } = plane;
  const operator = new Program('operator', folder, [
    'operator',
    ...['--kubeconfig', await installed.operator(), '--metrics', '127.0.0.1:0', '--status-period', '1'],
  ]);
  cleanUp.later(() => operator.end());
  // The agent gives up root once its worker runs: what it reads must be its user's.
  const kubeconfig = await installed.agent(node);
  chmodSync(folder, 0o711);
  chownSync(kubeconfig, agentUser, agentUser);
  const agent = new Program('agent', folder, [
    'agent',
    ...['--kubeconfig', kubeconfig, '--node-name', node, '--node-uid', nodeUID],
    ...['--period', '1', '--cgroup-root', cgroupRoot],
    ...['--metrics', '127.0.0.1:0', '--socket', join(folder, 'agent.sock'), '--lock', join(folder, 'agent.lock')],
  ]);
  cleanUp.later(() => agent.end());
  return { operator, agent };
}

async function demo(folder: string): Promise<boolean> {
  say(`swap         ${await swapOn()}`);
  const plane = await startControlPlane({ folder: join(folder, 'plane') });
  cleanUp.later(() => plane.stop());
  const connection = await connect({ kubeconfig: plane.kubeconfig });
  cleanUp.later(() => connection[Symbol.dispose]());
  const installed = await installAccess(plane);
  say(`API server   ${plane.url}, with the kinds of crds/ and the roles of charts/ebb/`);
  const runtime = await startContainerd();
  cleanUp.later(() => runtime.stop());
  const machine = new Machine(connection, runtime, hostname().toLowerCase());
  await installed.agent(machine.node);
  const { nodeUID } = await machine.join();
  const idle = [await idlePod(machine, 'web-0', 256 * MiB), await idlePod(machine, 'web-1', 128 * MiB)];
  await machine.run({ name: 'other-0', labels: { app: 'other' }, commands: ['anon 64M 3'] });
  say(`node         ${machine.node}, with pods web-0, web-1 and other-0 in ${runtime.version}`);
  const { operator, agent } = await programs(plane, installed, {
    node: machine.node,
    nodeUID,
    cgroupRoot: runtime.cgroupRoot,
  });
  say(`programs     operator and agent; logs are ${operator.log} and ${agent.log} while the demo runs\n`);
  const tables = new Tables(plane, () => {
    operator.check();
    agent.check();
  });
  await tables.applied(examples);
  const memory = hierarchies().memory;
  const held = (): number =>
    idle.reduce((sum, { running }) => sum + usage(memory, running.containers[0]!.cgroup).residentBytes, 0);
  const before = held();
  let least = before;
  const said = (field: string): Promise<number> => tables.figure(namespace, 'quick-look', field);
  const left = await tables.until(90, async () => {
    least = Math.min(least, held());
    return least <= before * 0.2 && (await said('reclaimedBytesTotal')) >= before * 0.3;
  });
  say(
    `\nleft the pods: ${mib(before - least)} of ${mib(before)} (${((100 * (before - least)) / before).toFixed(1)} %)\n`,
  );
  const woken = await Promise.all(idle.map(wake));
  const back = await tables.until(20, () => held() >= before * 0.9);
  const intact = woken.every((one) => one.intact);
  say(`came back: ${mib(held())}`);
  say(`woke: every page read again in ${woken.map(({ millis }) => `${Math.round(millis)} ms`).join(' and ')}`);
  say(intact ? 'contents: every page is what was written' : 'contents BROKEN');
  if (!left) say(`NOT ENOUGH LEFT; the agent's log:\n${agent.lastLines()}\nthe operator's:\n${operator.lastLines()}`);
  return left && back && intact;
}

await runDemo({ cleanUp, demo, folderMode: 0o711 });
