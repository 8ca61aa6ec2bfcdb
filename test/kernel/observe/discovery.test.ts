/** Discovery on this machine's own cgroup tree, and the refusal of a /proc that is not Ebb's own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import test from 'node:test';
import { loadLibrary } from '../../../native/binding.ts';
import { findContainers } from '../../../node-agent/observe/containers.ts';
import { nativeFiles } from '../../../node-agent/observe/files.ts';
import { readHierarchies } from '../../../node-agent/observe/hierarchies.ts';
import { liveRoots } from '../../../node-agent/observe/host.ts';
import {
  ancestors,
  containerPid,
  processTree,
  sampleContainers,
  sampleHost,
} from '../../../node-agent/observe/processes.ts';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';

const folder = join(import.meta.dirname, '../../../node-agent/observe');
const uid = () => randomUUID();
const id = createHash('sha256').update(String(process.pid)).digest('hex');
const own = `/ebb-test/${process.pid}-discovery`;
const library = loadLibrary();

function find(path: string) {
  const { containers } = findContainers(readHierarchies(liveRoots), { readFiles: nativeFiles(library) });
  return containers.filter((one) => one.cgroup.startsWith(path));
}

test('a container with a cgroup nested inside is one, with the processes of both', async () => {
  const pod = uid();
  await withCgroup(`${own}/kubepods/burstable/pod${pod}/${id}`, {}, (outer) =>
    withCgroup(`${outer.path}/inner/deeper`, {}, async (inner) => {
      await using one = await Target.start({ cgroup: inner, pidNamespaces: 2 });
      const [container, ...more] = find(own);
      assert.deepEqual(more, []);
      assert.deepEqual(
        [container?.id, container?.podUID, container?.qosClass, container?.cgroup, container?.cgroupInode],
        [id, pod, 'Burstable', outer.path, outer.inode],
      );
      assert.deepEqual(container?.nested, [`${outer.path}/inner`, inner.path]);
      assert.deepEqual(container?.pids, [one.pid]);
      const [sample] = sampleContainers(library, [container!]).get(outer.path)!;
      assert.deepEqual([sample?.pid, containerPid(sample!), sample?.nsPids.length], [one.pid, one.innerPid, 3]);
    }),
  );
  assert.deepEqual(find(own), []);
});

test('a container that is made again under the same name has another inode', async () => {
  const path = `${own}/kubepods/pod${uid()}/${id}`;
  const first = await withCgroup(path, {}, () => find(own)[0]!.cgroupInode);
  const second = await withCgroup(path, {}, () => find(own)[0]!.cgroupInode);
  assert.notEqual(first, second);
});

test('what ends between discovery and sampling is left out', async () => {
  await withCgroup(`${own}/kubepods/pod${uid()}/${id}`, {}, async (cgroup) => {
    {
      await using _target = await Target.start({ cgroup });
      assert.equal(find(own)[0]!.pids.length, 1);
    }
    const gone = { ...find(own)[0]!, pids: [2 ** 22 + 1] };
    assert.deepEqual([...sampleContainers(library, [gone])], [[cgroup.path, []]]);
  });
});

test('the tree of this process holds its child, and its ancestors end with PID 1', async () => {
  await using target = await Target.start();
  const host = sampleHost(library, liveRoots);
  assert.ok(processTree(host, process.pid).some((one) => one.pid === target.pid));
  assert.equal(ancestors(host, process.pid).at(-1)?.pid, 1);
});

/** `words` of unshare(1) around a check of the PID namespace. */
function check(...words: readonly string[]) {
  const code = `import { checkPidNamespace, liveRoots } from '${folder}/host.ts'; checkPidNamespace(liveRoots);`;
  return spawnSync('unshare', [...words, process.execPath, '--input-type=module', '-e', code], { encoding: 'utf8' });
}

test('in a PID namespace of its own Ebb refuses the /proc of the machine and takes its own', () => {
  const wrong = check('--pid', '--fork');
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /HostError: \/proc shows Ebb as PID \d+ → 1, but Ebb is PID 1/);
  const right = check('--pid', '--fork', '--mount-proc');
  assert.equal(right.status, 0, right.stderr);
});

test('from a cgroup namespace of its own Ebb sees the same containers at the same paths', async () => {
  await withCgroup(`${own}/kubepods/pod${uid()}/${id}`, {}, (cgroup) => {
    const code = [
      `import { findContainers } from '${folder}/containers.ts'; import { readHierarchies } from '${folder}/hierarchies.ts';`,
      `import { liveRoots } from '${folder}/host.ts';`,
      `for (const one of findContainers(readHierarchies(liveRoots)).containers) console.log(one.cgroup);`,
    ].join('\n');
    const inside = spawnSync('unshare', ['--cgroup', process.execPath, '--input-type=module', '-e', code], {
      encoding: 'utf8',
    });
    assert.ok(inside.stdout.split('\n').includes(cgroup.path), inside.stderr);
  });
});
