import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { unlimited } from '../../../../node-agent/observe/kernel-text.ts';
import { type CgroupRoom, leastRoom, selfAndAncestors } from '../../../../node-agent/observe/memory-room.ts';

const free: CgroupRoom = {
  cgroup: '/x',
  swapLimitBytes: unlimited,
  swapRoomBytes: unlimited,
  headroomBytes: unlimited,
  memoryLimitBytes: unlimited,
  minBytes: 0,
  lowBytes: 0,
};

test('a cgroup is asked with all its ancestors but the root', () => {
  assert.deepEqual(selfAndAncestors('/a/b/c'), ['/a/b/c', '/a/b', '/a']);
  assert.deepEqual(selfAndAncestors('/a'), ['/a']);
  assert.deepEqual([selfAndAncestors('/'), selfAndAncestors('')], [[], []]);
});

test('the least room of the line counts, and who leaves it is named', () => {
  const line = [
    { ...free, cgroup: '/a/b', swapRoomBytes: 50, swapLimitBytes: 100, headroomBytes: 9 },
    { ...free, cgroup: '/a', swapRoomBytes: 20, swapLimitBytes: 200, headroomBytes: 10 },
  ];
  const room = leastRoom(line);
  assert.deepEqual(
    [room.swapRoomBytes, room.swapLimitedBy, room.swapLimitBytes, room.headroomBytes],
    [20, '/a', 100, 9],
  );
});

test('a cgroup above that may not swap forbids it to all below', () => {
  assert.equal(leastRoom([free, { ...free, cgroup: '/pod', swapLimitBytes: 0, swapRoomBytes: 0 }]).swapLimitBytes, 0);
});

const keys = ['swapLimitBytes', 'swapRoomBytes', 'headroomBytes', 'memoryLimitBytes', 'minBytes', 'lowBytes'] as const;
const silent: CgroupRoom = { cgroup: '/silent', ...(Object.fromEntries(keys.map((key) => [key, null])) as Silent) };
type Silent = Record<(typeof keys)[number], null>;

test('a level that can not tell hides neither a limit nor a protection that another one tells', () => {
  const told = { ...free, swapLimitBytes: 0, swapRoomBytes: 0, headroomBytes: 9, minBytes: 5, lowBytes: 6 };
  for (const line of [
    [silent, told],
    [told, silent],
  ]) {
    assert.deepEqual(leastRoom(line), leastRoom([told]));
    assert.equal(leastRoom(line).swapLimitedBy, '/x');
  }
});

test('what no level can tell is unknown', () => {
  const room = leastRoom([silent, silent]);
  assert.deepEqual([...keys.map((key) => room[key]), room.swapLimitedBy], Array(7).fill(null));
});

test('nothing limits where there is nothing above but the root, and nothing protects', () => {
  const room = leastRoom([]);
  assert.deepEqual(
    [room.swapRoomBytes, room.headroomBytes, room.minBytes, room.swapLimitedBy],
    [unlimited, unlimited, 0, null],
  );
});

test('an ancestor more never leaves more room', () => {
  const size = fc.option(fc.nat(), { nil: unlimited });
  const room = fc.record({
    cgroup: fc.constant('/x'),
    swapLimitBytes: size,
    swapRoomBytes: size,
    headroomBytes: size,
    memoryLimitBytes: size,
    minBytes: size,
    lowBytes: size,
  });
  fc.assert(
    fc.property(fc.array(room, { minLength: 1 }), room, (line, more) => {
      const [before, after] = [leastRoom(line), leastRoom([...line, more])];
      for (const key of keys) assert.ok(after[key]! <= before[key]! && after[key]! <= more[key]!);
    }),
  );
});
