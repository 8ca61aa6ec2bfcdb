import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { containerName } from '../../../../node-agent/observe/names.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
const uid = '01234567-89ab-4cde-8f01-23456789abcd';
const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
const mirror = '0123456789abcdef0123456789abcdef';

type Expected = readonly [
  id: string,
  runtime: string | null,
  driver: string,
  podUID: string | null,
  qos: string | null,
];

const paths: readonly (readonly [path: string, expected: Expected | null])[] = [
  [`/kubepods/pod${uid}/${a}`, [a, null, 'cgroupfs', uid, 'Guaranteed']],
  [`/kubepods/burstable/pod${uid}/${a}`, [a, null, 'cgroupfs', uid, 'Burstable']],
  [`/kubepods/besteffort/pod${mirror}/${a}`, [a, null, 'cgroupfs', mirror, 'BestEffort']],
  [`/ebb-test/node1/kubepods/burstable/pod${uid}/${a}`, [a, null, 'cgroupfs', uid, 'Burstable']],
  [`/kubepods/burstable/pod${uid}/crio-${a}`, [a, 'cri-o', 'cgroupfs', uid, 'Burstable']],
  [`/kubepods/burstable/pod${uid}/crio-conmon-${a}`, null],
  [
    `/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${a}.scope`,
    [a, 'containerd', 'systemd', uid, 'Burstable'],
  ],
  [`/kubepods.slice/kubepods-pod${mirror}.slice/crio-${a}.scope`, [a, 'cri-o', 'systemd', mirror, 'Guaranteed']],
  [`/kubepods.slice/kubepods-pod${mirror}.slice/crio-conmon-${a}.scope`, null],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${mirror}.slice/docker-${a}.scope`,
    [a, 'docker', 'systemd', mirror, 'BestEffort'],
  ],
  [`/x.slice/x-${slice}/docker-${a}.scope`, [a, 'docker', 'systemd', uid, 'Burstable']],
  [`/system.slice/containerd.service/${slice}:cri-containerd:${a}`, [a, 'containerd', 'cgroupfs', uid, 'Burstable']],
  [`/system.slice:cri-containerd:${a}`, [a, 'containerd', 'cgroupfs', null, null]],
  [`/system.slice:docker:${a}`, [a, 'docker', 'cgroupfs', null, null]],
  [`/system.slice:unknown:${a}`, null],
  [`/docker/${a}`, [a, 'docker', 'cgroupfs', null, null]],
  [`/system.slice/docker-${a}.scope`, [a, 'docker', 'systemd', null, null]],
  [`/system.slice/cri-containerd-${a}.scope`, [a, 'containerd', 'systemd', null, null]],
  [`/system.slice/nerdctl-${a}.scope`, [a, 'containerd', 'systemd', null, null]],
  [`/default/${a}`, [a, 'containerd', 'cgroupfs', null, null]],
  ['/default/redis', ['redis', 'containerd', 'cgroupfs', null, null]],
  ['/k8s.io/test-1', ['test-1', 'containerd', 'cgroupfs', null, null]],
  ['/system.slice/runc-web.scope', ['web', null, 'systemd', null, null]],
  [`/machine.slice/libpod-${a}.scope/container`, [a, null, 'systemd', null, null]],
  [`/libpod_parent/libpod-${a}`, [a, null, 'cgroupfs', null, null]],
  [`/libpod_parent/libpod-conmon-${a}`, null],
  ['/web', null],
  ['/', null],
  ['', null],
  ['kubepods', null],
  ['/system.slice/docker.service', null],
  ['/system.slice/docker-.scope', null],
  ['/user.slice/user-1000.slice/session-1.scope', null],
  ['/x/default/redis', null],
  [`/kubepods/burstable/pod${uid}`, null],
  [`/kubepods/burstable/pod${uid}/init`, null],
  [`/burstable/pod${uid}/${'a'.repeat(32)}`, null],
  [`/kubepods/burstable/pod${uid.replace('-', '_')}/${'a'.repeat(32)}`, null],
  ['/kubepods/burstable/pod../x', null],
];

for (const [path, expected] of paths) {
  test(`${path || '(nothing)'} is ${expected === null ? 'no container' : `container ${expected[0].slice(0, 8)}`}`, () => {
    const name = containerName(path);
    if (expected === null) return assert.equal(name, null);
    assert.ok(name);
    assert.deepEqual([name.id, name.runtime, name.driver, name.podUID, name.qosClass], expected);
  });
}

const parents = paths.flatMap(([path, expected]) => (expected === null ? [] : [path]));
const segment = fc.oneof(
  fc.constantFrom('kubepods', 'docker', 'init.scope', a, b, `pod${uid}`, `docker-${b}.scope`, 'default', slice),
  fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).map((text) => text.replaceAll('/', '_')),
);

test('whatever a container nests inside itself is told by its own name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...parents), fc.array(segment, { maxLength: 4 }), (path, nested) => {
      assert.deepEqual(containerName([path, ...nested].join('/')), containerName(path));
    }),
  );
});

test('a name found is the beginning of the path, whole segments of it, and stands for itself', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 7 }), (segments) => {
      const path = `/${segments.join('/')}`;
      const name = containerName(path);
      if (name === null) return;
      assert.ok(`${path}/`.startsWith(`${name.cgroup}/`));
      assert.deepEqual(containerName(name.cgroup), name);
      assert.match(name.id, /^[A-Za-z0-9][A-Za-z0-9_.-]*$/);
      assert.equal(name.podUID === null, name.qosClass === null);
    }),
  );
});

test('every pod UID, QoS class and ID comes back from the path that a kubelet and a runtime make of it', () => {
  const ids = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
  const uids = fc.oneof(
    fc.uuid(),
    fc.uuid().map((text) => text.replaceAll('-', '')),
  );
  const classes = fc.constantFrom(['Guaranteed', ''], ['Burstable', 'burstable'], ['BestEffort', 'besteffort']);
  const runtimes = fc.constantFrom(['cri-containerd', 'containerd'], ['crio', 'cri-o'], ['docker', 'docker']);
  fc.assert(
    fc.property(ids, uids, classes, runtimes, (id, podUID, [qosClass, folder], [prefix, runtime]) => {
      const plain = containerName(`/kubepods/${folder === '' ? '' : `${folder}/`}pod${podUID}/${id}`);
      assert.deepEqual([plain?.id, plain?.podUID, plain?.qosClass, plain?.driver], [id, podUID, qosClass, 'cgroupfs']);
      const qos = folder === '' ? '' : `-${folder}`;
      const unit = `/kubepods.slice/kubepods${qos}-pod${podUID.replaceAll('-', '_')}.slice/${prefix}-${id}.scope`;
      const named = containerName(unit);
      assert.deepEqual([named?.id, named?.podUID, named?.qosClass, named?.runtime], [id, podUID, qosClass, runtime]);
    }),
  );
});

test('a hostile name of the longest kind is judged at once', () => {
  const hostile = [`/${'kubepods-'.repeat(500)}`, `/docker-${'a-'.repeat(5000)}`, `/${'a.slice:'.repeat(2000)}`];
  const before = process.cpuUsage();
  for (const path of hostile) assert.equal(containerName(path), null);
  assert.ok(process.cpuUsage(before).user < 500_000);
});
