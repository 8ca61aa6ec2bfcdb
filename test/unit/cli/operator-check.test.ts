/** What `ebb operator --check` makes of an installation's objects. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type Seen, verdict } from '../../../cli/operator/verdict.ts';

const now = new Date('2026-01-01T00:10:00Z');
const lease = (renewTime: string, holderIdentity = 'ebb-operator-1') => ({
  spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
});
const agents = (desiredNumberScheduled: number, numberReady: number, observedGeneration = 1) => ({
  metadata: { generation: 1 },
  status: { desiredNumberScheduled, numberReady, observedGeneration },
});
const report = (node: string, reportTime: string | null) => ({ node, reportTime });
const good: Seen = {
  lease: lease('2026-01-01T00:09:57.123456Z'),
  daemonSet: agents(2, 2),
  reports: [report('a', '2026-01-01T00:05:01Z'), report('b', '2026-01-01T00:09:00Z'), report('kwok', null)],
};

test('it works where one leads, all agents are ready and as many report', () => {
  assert.deepEqual(verdict(good, now), {
    works: true,
    lines: [
      'ok   operator ebb-operator-1 leads, renewed 3 s ago',
      'ok   2 of 2 agents are ready',
      'ok   2 of 2 agents reported in the last 10 minutes',
    ],
  });
});

for (const [title, change, says] of [
  ['no lease', { lease: null }, 'FAIL no operator leads'],
  ['a lease that was let go', { lease: lease('2026-01-01T00:09:57Z', '') }, 'FAIL no operator leads'],
  [
    'a lease that is not renewed',
    { lease: lease('2026-01-01T00:09:00Z') },
    'FAIL operator ebb-operator-1 leads, renewed 60 s ago',
  ],
  ['no DaemonSet', { daemonSet: null }, 'FAIL there is no DaemonSet ebb-node-agent'],
  ['an agent that is not ready', { daemonSet: agents(2, 1) }, 'FAIL 1 of 2 agents are ready'],
  ['a DaemonSet that nobody has looked at', { daemonSet: agents(0, 0, 0) }, 'FAIL 0 of 0 agents are ready'],
  [
    'an agent that is silent',
    { reports: [report('a', '2026-01-01T00:09:00Z'), report('b', '2025-12-31T23:59:00Z')] },
    'FAIL 1 of 2 agents reported in the last 10 minutes; not those of b',
  ],
  ['nodes without an object', { reports: [] }, 'FAIL 0 of 2 agents reported in the last 10 minutes'],
] as const)
  test(`${title} is named`, () => {
    const { works, lines } = verdict({ ...good, ...change }, now);
    assert.equal(works, false);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('FAIL')),
      [says],
    );
  });

test('of many silent nodes five are named', () => {
  const reports = Array.from({ length: 8 }, (_, index) => report(`n${index}`, null));
  const { lines } = verdict({ ...good, reports }, now);
  assert.match(lines[2]!, /not those of n0, n1, n2, n3, n4 and 3 more$/);
});
