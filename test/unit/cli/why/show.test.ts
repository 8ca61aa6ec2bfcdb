import assert from 'node:assert/strict';
import test from 'node:test';
import { findState } from '../../../../cli/why/find.ts';
import { showAll, showContainer } from '../../../../cli/why/show.ts';
import type { AgentState, ContainerState } from '../../../../node-agent/report/state.ts';

const one: ContainerState = {
  cgroup: '/kubepods/pod1/3f2a',
  id: '3f2a9c',
  podUID: 'uid-1',
  policy: 'idle-web',
  mode: 'Enforce',
  state: 'Idle',
  reason: 'NodePressure',
  since: '2026-01-01T00:00:00.000Z',
  blocker: { signal: 'node memory some', observed: 900.256, allowed: 600 },
  anonBytes: 2 ** 30,
  wouldReclaimBytes: 0,
  swapBytes: 2 ** 20,
  usageBytes: null,
  processes: 3,
  lastAdvice: { advice: 'Cold', time: '2026-01-01T00:00:30.000Z', dryRun: false, reason: null },
  passRunning: null,
  ledger: {
    advisedBytes: 0,
    unmappedBytes: 5 * 2 ** 20,
    freedBytes: 0,
    awaitingReclaimBytes: 5 * 2 ** 20,
    cameBackBytes: 0,
    stallMicros: 9500,
    longestCallMicros: 1500,
    netByteSeconds: 0,
    passes: 1,
    outBytes: 0,
  },
  decisions: [
    {
      time: '2026-01-01T00:01:00.000Z',
      lastTime: '2026-01-01T00:03:00.000Z',
      times: 3,
      state: 'Idle',
      reason: 'NodePressure',
      action: 'None',
      blocker: null,
      inputs: { idleSeconds: 60, 'evil\x1b[2J': '\x9b31m' },
    },
  ],
};
const minuteLater = Date.parse('2026-01-01T00:01:00.000Z');
const plain = { width: null, colour: false };

test('One container is explained: reason in words, blocker with both figures, what waits for reclaim', () => {
  const text = showContainer(one, minuteLater, plain);
  assert.match(text, /NodePressure: pressure of the node is above what the policy allows/);
  assert.match(text, /node memory some: observed 900\.26, allowed 600/);
  assert.match(text, /idle-web \(Enforce\)/);
  assert.match(text, /5 MiB awaiting reclaim/);
  assert.match(text, /1 min 0 s/);
});

test('A state that only would be is told from one that is', () => {
  const dry: ContainerState = { ...one, state: 'PagedOut', mode: 'DryRun' };
  assert.match(showContainer(dry, minuteLater, plain), /^state +PagedOut \(DryRun\) since /m);
  assert.match(showAll(stateOf(dry), minuteLater, plain), /PagedOut \(DryRun\) /);
  assert.doesNotMatch(showContainer(one, minuteLater, plain), /DryRun/);
});

test('Time in calls and the longest call are told apart', () => {
  assert.match(showContainer(one, minuteLater, plain), /came back, 9\.5 ms in calls, the longest 1\.5 ms$/m);
});

test('Names that others chose are shown without control characters', () => {
  const hostile: ContainerState = { ...one, cgroup: '/x\x1b]0;title\x07', id: 'a\u202eb', policy: 'p\n\nq' };
  for (const text of [showContainer(hostile, minuteLater, plain), showAll(stateOf(hostile), minuteLater, plain)]) {
    assert.doesNotMatch(text, /[^\x20-\x7e\n…]/);
  }
});

test('What is wrong in the policy folder is named below the list', () => {
  const text = showAll({ ...stateOf(one), policyErrors: ['bad.yaml: spec.steps: missing\x1b'] }, minuteLater, plain);
  assert.match(text, /policy error: bad\.yaml: spec\.steps: missing\\u001b\n$/);
});

test('A step that only waits for time says for how long', () => {
  const waiting: ContainerState = {
    ...one,
    reason: 'Idle',
    blocker: { signal: 'idleSeconds', observed: 300, allowed: 900 },
  };
  assert.match(showContainer(waiting, minuteLater, plain), /the next step in 10 min 0 s, if it stays idle/);
  assert.match(showContainer(one, minuteLater, plain), /^next +-$/m);
});

test('A container is found by the start of its ID, its cgroup or its pod, and not by a guess', () => {
  const other = { ...one, id: '3f2b00', cgroup: '/other', podUID: null };
  assert.equal(findState([one, other], '3f2a').kind, 'one');
  assert.equal(findState([one, other], '/other/').kind, 'one');
  assert.equal(findState([one, other], 'uid-1').kind, 'one');
  assert.equal(findState([one, other], '3f2').kind, 'many');
  assert.equal(findState([one, other], 'f2a').kind, 'none');
});

function stateOf(container: ContainerState): AgentState {
  return {
    agent: {
      version: '0',
      pid: 1,
      workerPid: 2,
      since: one.since,
      time: one.since,
      ticks: 1,
      periodSeconds: 10,
      capabilities: [],
      features: [],
      held: null,
    },
    node: {
      kernelRelease: '6',
      cgroupLayout: 'v2',
      swapTotalBytes: 0,
      swapFreeBytes: 0,
      swapKind: null,
      missingSignals: [],
    },
    policies: [],
    policyErrors: [],
    containers: [container],
  };
}
