import assert from 'node:assert/strict';
import test from 'node:test';
import type { Reason } from '../../../../api/reasons.ts';
import { ladderOutcome } from '../../../../node-agent/act/carry-out.ts';
import type { PassOutcome, ProcessOutcome } from '../../../../node-agent/act/pass.ts';

const none = { before: 0, after: 0 };

const one = (error: Reason | null): ProcessOutcome => ({
  pid: 7,
  containerPid: 1,
  comm: 'x',
  startTime: null,
  identity: 'CgroupLine',
  rssAnonBytes: none,
  swapBytes: none,
  mappedBytes: 0,
  advisedBytes: error === null ? 4096 : 0,
  movableBytes: 0,
  reclaimedBytes: 0,
  freedBytes: null,
  calls: 0,
  adviseMicros: 0,
  longestCallMicros: 0,
  skipped: [],
  error,
});

const outcome = (errors: readonly (Reason | null)[], reason: Reason | null = null): PassOutcome => ({
  processes: errors.map(one),
  learned: [],
  reason,
  usageBytes: null,
  freedBytes: null,
  compressedBytes: 0,
  awaitingReclaimBytes: 0,
  wallMillis: 1,
  stuckSessions: null,
});

for (const [errors, end, says] of [
  [[null, null], 'Done', 'everybody took it'],
  [[null, 'Exited', 'ExcludedCommand'], 'Done', 'who is left out for good is not waited for'],
  [[null, 'TargetStuck'], { stopped: 'TargetStuck' }, 'a process that was stuck may take it a little later'],
  [[null, 'Execed'], { stopped: 'Execed' }, 'a new program is to be gone through as well'],
  [[null, 'Traced'], 'Done', 'a process that a debugger holds does not keep the others from the next step'],
  [['Traced', 'RealTime'], { stopped: 'Traced' }, 'nobody took it'],
] as const) {
  test(`a step with ${errors.join(', ')}: ${says}`, () => {
    assert.deepEqual(ladderOutcome(outcome(errors), null).end, end);
  });
}

test('what stopped the pass goes before what processes say, and who cancelled it goes before both', () => {
  assert.deepEqual(ladderOutcome(outcome(['TargetStuck'], 'SwapFull'), null).end, { stopped: 'SwapFull' });
  assert.deepEqual(ladderOutcome(outcome([null], 'Cancelled'), 'Woke').end, { stopped: 'Woke' });
});
