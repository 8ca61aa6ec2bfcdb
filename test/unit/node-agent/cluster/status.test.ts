/** The report fits into the object and its schema, whatever the agent knows. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ContainerStatus, nodeStatus } from '../../../../api/node-status.ts';
import { type Known, maxStatusBytes, type Said, statusOf } from '../../../../node-agent/cluster/status.ts';

const date = new Date('2026-03-01T10:00:00.500Z');
const ready: Said = { type: 'Ready', holds: true, reason: 'Following', message: '' };
const known = (change: Partial<Known> = {}): Known => ({
  generation: 3,
  conditions: [ready],
  policies: [],
  containers: [],
  ...change,
});

const bytes = fc.integer({ min: 0, max: 2 ** 50 });
const word = fc.stringMatching(/^[A-Z][A-Za-z]{0,40}$/);
const containers: fc.Arbitrary<ContainerStatus> = fc.record(
  {
    podUID: fc.stringMatching(/^[a-z0-9-]{36,64}$/),
    name: fc.stringMatching(/^[a-z0-9-]{1,63}$/),
    state: word,
    reason: word,
    since: fc.constant('2026-03-01T10:00:00Z'),
    anonBytes: bytes,
    swapBytes: bytes,
    swapLimitBytes: bytes,
    blocker: fc.record({ signal: word, observed: bytes, allowed: bytes }, { noNullPrototype: true }),
  },
  { requiredKeys: ['podUID', 'name', 'state'], noNullPrototype: true },
);
const policies = fc.record(
  { uid: fc.stringMatching(/^[a-z0-9-]{36,64}$/), reason: word, residentBytes: bytes },
  { noNullPrototype: true },
);
const memory = ({ anonBytes = 0, swapBytes = 0 }: ContainerStatus): number => anonBytes + swapBytes;

test('law: a report has room in its object, keeps to its schema, counts what it leaves out, and lists the largest', () => {
  const all = fc.record({
    containers: fc.array(containers, { maxLength: 600, size: 'max' }),
    policies: fc.array(policies, { maxLength: 64, size: 'max' }),
  });
  fc.assert(
    fc.property(all, (some) => {
      const status = statusOf(known(some), [], date);
      assert.ok(Buffer.byteLength(JSON.stringify(status)) <= maxStatusBytes);
      assert.deepEqual(nodeStatus.parse(status), status);
      const listed = status.containers ?? [];
      assert.equal(listed.length + (status.omittedContainers ?? 0), some.containers.length);
      const least = Math.min(...listed.map(memory));
      const left = some.containers.filter((one) => !listed.includes(one));
      for (const one of left) assert.ok(memory(one) <= least);
    }),
    { numRuns: 60 },
  );
});

test('600 containers of the longest names fill the room and no more', () => {
  const one = (index: number): ContainerStatus => ({
    podUID: `${index}`.padStart(64, '0'),
    name: 'n'.repeat(63),
    state: 'PagedOut',
    reason: 'R'.repeat(64),
    anonBytes: index,
    blocker: { signal: 's'.repeat(64), observed: 1, allowed: 2 },
  });
  const status = statusOf(known({ containers: Array.from({ length: 600 }, (_, index) => one(index)) }), [], date);
  assert.ok(status.containers!.length > 200 && status.containers!.length <= 256);
  assert.equal(status.containers![0]!.anonBytes, 599);
});

test('the time of a condition is that of its last change', () => {
  const before = [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] as const;
  const [same] = statusOf(known(), before, date).conditions!;
  assert.equal(same!.lastTransitionTime, '2026-01-01T00:00:00Z');
  const fallen = statusOf(known({ conditions: [{ ...ready, holds: false, reason: 'WrongNode' }] }), before, date);
  assert.deepEqual(
    [fallen.conditions![0]!.status, fallen.conditions![0]!.lastTransitionTime, fallen.reportTime],
    ['False', '2026-03-01T10:00:00Z', '2026-03-01T10:00:00Z'],
  );
});

test('before any spec was followed no generation is claimed', () => {
  assert.equal('observedGeneration' in statusOf(known({ generation: null }), [], date), false);
});
