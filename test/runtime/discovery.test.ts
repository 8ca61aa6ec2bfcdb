/** Discovery on the live tree of containers that containerd and runc made through CRI, as a kubelet asks for them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { type Library, loadLibrary } from '../../native/binding.ts';
import type { Container, Hierarchies } from '../../node-agent/observe/container.ts';
import { findContainers } from '../../node-agent/observe/containers.ts';
import { nativeFiles } from '../../node-agent/observe/files.ts';
import { readHierarchies } from '../../node-agent/observe/hierarchies.ts';
import { liveRoots } from '../../node-agent/observe/host.ts';
import { byContainerPid, containerPid, sampleContainers } from '../../node-agent/observe/processes.ts';
import { readCpuUsage, readNetworkBytes, readSignals } from '../../node-agent/observe/signals.ts';
import { type Containerd, type RunningContainer, type RunningPod, startContainerd } from './containerd.ts';

const uid = (digit: number) => `${digit}0000000-2222-4333-8444-555555555555`;
/** A static pod's cgroup is named by the hash of its configuration. */
const mirror = '0123456789abcdef0123456789abcdef';

let runtime: Containerd;
let library: Library;
let hierarchies: Hierarchies;
let pods: Readonly<Record<'burstable' | 'guaranteed' | 'bestEffort' | 'shared' | 'mirror', RunningPod>>;

before(async () => {
  library = loadLibrary();
  hierarchies = readHierarchies(liveRoots);
  runtime = await startContainerd();
  const one = [{ name: 'app' }];
  pods = {
    burstable: await runtime.runPod({
      name: 'several',
      uid: uid(1),
      qos: 'Burstable',
      containers: [
        { name: 'app', commands: ['anon 32M 3'], memoryLimitBytes: 128 << 20 },
        { name: 'side' },
        { name: 'log' },
      ],
    }),
    guaranteed: await runtime.runPod({ name: 'db', uid: uid(2), qos: 'Guaranteed', containers: one }),
    bestEffort: await runtime.runPod({ name: 'job', uid: uid(3), qos: 'BestEffort', containers: one }),
    shared: await runtime.runPod({
      name: 'shared',
      uid: uid(4),
      qos: 'Burstable',
      sharedPid: true,
      containers: [{ name: 'a' }, { name: 'b' }],
    }),
    mirror: await runtime.runPod({ name: 'static', uid: mirror, qos: 'Burstable', containers: one }),
  };
});
after(() => runtime?.stop());

function discover(): readonly Container[] {
  const { containers } = findContainers(hierarchies, { readFiles: nativeFiles(library) });
  return containers.filter((one) => one.cgroup.startsWith(`${runtime.cgroupRoot}/`));
}

function found(running: Pick<RunningContainer, 'id'>): Container {
  const [container, ...more] = discover().filter((one) => one.id === running.id);
  assert.ok(container);
  assert.deepEqual(more, []);
  return container;
}

test('every container and sandbox of every pod is found, and nothing else below the cgroup root', () => {
  const running = Object.values(pods).flatMap((pod) => [pod.sandboxId, ...pod.containers.map((one) => one.id)]);
  assert.deepEqual(
    discover()
      .map((one) => one.id)
      .sort(),
    running.sort(),
  );
});

test('each has its pod UID, QoS class, cgroup, inode and processes', () => {
  const classes = {
    burstable: 'Burstable',
    guaranteed: 'Guaranteed',
    bestEffort: 'BestEffort',
    shared: 'Burstable',
    mirror: 'Burstable',
  };
  for (const [name, pod] of Object.entries(pods)) {
    for (const running of pod.containers) {
      const container = found(running);
      assert.deepEqual(
        [container.podUID, container.qosClass, container.driver, container.cgroup, container.cgroupInode],
        [pod.uid, classes[name as keyof typeof pods], 'cgroupfs', running.cgroup, running.cgroupInode],
      );
      assert.deepEqual(container.pids, running.pids());
      assert.ok(container.pids.length > 0);
    }
  }
});

test('a process is known by its host PID and by the PID its own container knows', async () => {
  for (const running of [...pods.burstable.containers, ...pods.shared.containers]) {
    const container = found(running);
    const samples = sampleContainers(library, [container]).get(container.cgroup)!;
    const { innerPid, close } = await running.connect();
    close();
    const [sample, ...more] = byContainerPid(samples, innerPid);
    assert.deepEqual(more, []);
    assert.equal(sample!.nsPids[0], sample!.pid);
    assert.match(
      readFileSync(`/proc/${sample!.pid}/cgroup`, 'utf8'),
      new RegExp(`:memory:${running.cgroup}\n|^0::${running.cgroup}\n`, 'm'),
    );
  }
});

test('containers of a pod with one PID namespace have numbers of their own in it, others are PID 1', () => {
  const inner = (pod: RunningPod) =>
    pod.containers.map((running) => {
      const container = found(running);
      return containerPid(sampleContainers(library, [container]).get(container.cgroup)![0]!);
    });
  assert.deepEqual(inner(pods.burstable), [1, 1, 1]);
  assert.equal(new Set([1, ...inner(pods.shared)]).size, 3);
});

test('every signal that this host has is read for a live container, by the native library as by plain reads', () => {
  const container = found(pods.burstable.containers[0]!);
  const signals = readSignals(nativeFiles(library), hierarchies, [container]).get(container.cgroup)!;
  assert.ok(signals.anonBytes! >= 32 << 20);
  assert.ok(signals.usageBytes! >= signals.anonBytes!);
  assert.ok(signals.cpuMicros! > 0);
  assert.equal(signals.room.memoryLimitBytes, 128 << 20);
  assert.ok(signals.room.headroomBytes! <= (128 << 20) - (32 << 20));
  assert.deepEqual([signals.frozen, signals.populated, signals.missing], [false, true, []]);
  const fast = readCpuUsage(nativeFiles(library), hierarchies, [container]).get(container.cgroup)!;
  assert.ok(fast >= signals.cpuMicros!);
  assert.ok(readNetworkBytes(nativeFiles(library), '/proc', container.pids).has(container.pids[0]!));
});

test('a pod that is removed is no longer found', async () => {
  await pods.bestEffort.remove();
  assert.deepEqual(
    discover().filter((one) => one.podUID === uid(3)),
    [],
  );
});
