/** The pods of the runtime level are what a kubelet would have made. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { type Containerd, startContainerd } from './containerd.ts';

let runtime: Containerd;
before(async () => {
  runtime = await startContainerd();
});
after(() => runtime?.stop());

test('a pod of two containers runs with a cgroup and a PID namespace each', async () => {
  const pod = await runtime.runPod({
    name: 'web',
    uid: '11111111-2222-3333-4444-555555555555',
    qos: 'Burstable',
    containers: [{ name: 'app', commands: ['anon 8M 3'] }, { name: 'side' }],
  });
  for (const container of pod.containers) {
    const pids = container.pids();
    assert.equal(pids.length, 1);
    const status = readFileSync(`/proc/${pids[0]}/status`, 'utf8');
    assert.match(status, /^NSpid:\t\d+\t\d+\t1$/m, 'machine, sandbox, container');
    assert.match(
      readFileSync(`/proc/${pids[0]}/cgroup`, 'utf8'),
      new RegExp(`kubepods/burstable/pod${pod.uid}/${container.id}`),
    );
  }
  const { target, close } = await pod.containers[0]!.connect();
  assert.equal(await target.brokenPages({ id: 0, start: 0, end: 0 }), 0);
  close();
  await pod.remove();
  assert.deepEqual(
    pod.containers.flatMap((container) => container.pids()),
    [],
  );
});

test('containers of a pod that shares its PID namespace see each other', async () => {
  const pod = await runtime.runPod({
    name: 'shared',
    uid: '21111111-2222-3333-4444-555555555555',
    qos: 'BestEffort',
    sharedPid: true,
    containers: [{ name: 'a' }, { name: 'b' }],
  });
  const inner = pod.containers.map((container) => {
    const status = readFileSync(`/proc/${container.pids()[0]}/status`, 'utf8');
    return Number(/^NSpid:.*\t(\d+)$/m.exec(status)![1]);
  });
  assert.equal(new Set([1, ...inner]).size, 3, `one namespace with its own PID 1: ${inner}`);
  await pod.remove();
});
