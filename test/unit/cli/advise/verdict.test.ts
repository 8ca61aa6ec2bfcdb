import assert from 'node:assert/strict';
import test from 'node:test';
import type { Reason } from '../../../../api/reasons.ts';
import { swapReason } from '../../../../cli/advise/swap-guard.ts';
import { asSkipped, exitCode, nothing } from '../../../../cli/advise/verdict.ts';
import type { PassOutcome, ProcessOutcome } from '../../../../node-agent/act/outcome.ts';

const one = (error: Reason | null, advisedBytes = 0): ProcessOutcome => ({
  pid: 7,
  containerPid: 7,
  comm: 'x',
  startTime: null,
  identity: null,
  rssAnonBytes: { before: 0, after: 0 },
  swapBytes: { before: 0, after: 0 },
  mappedBytes: advisedBytes,
  advisedBytes,
  movableBytes: advisedBytes,
  reclaimedBytes: 0,
  freedBytes: null,
  calls: 0,
  adviseMicros: 0,
  longestCallMicros: 0,
  skipped: [],
  error,
});
const pass = (reason: Reason | null, ...processes: ProcessOutcome[]): PassOutcome => ({
  ...nothing(processes),
  reason,
});

const codes: [what: string, outcome: PassOutcome, code: number][] = [
  ['all advised', pass(null, one(null, 5)), 0],
  ['nothing to advise in it', pass(null, one(null)), 0],
  ['refused', pass(null, one('KernelThread')), 3],
  ['one refused, one advised', pass(null, one('OwnProcess'), one(null, 5)), 0],
  ['no swap', pass('NoSwap', one('NoSwap')), 3],
  ['swap that ran full on the way', pass('SwapFull', one('SwapFull', 5)), 0],
  ['cancelled', pass('Cancelled', one('Cancelled', 5)), 1],
  ['another program on the way', pass(null, one('Execed', 5)), 1],
  ['one stuck, one advised', pass(null, one('TargetStuck'), one(null, 5)), 1],
  ['the worker gone', pass('WorkerGone', one('WorkerGone')), 1],
];
for (const [what, outcome, code] of codes) {
  test(`Exit code ${code}: ${what}`, () => assert.equal(exitCode(outcome), code));
}

test('A plan that is refused is booked as skipped, byte for byte', () => {
  const planned = { ...one(null, 64), mappedBytes: 100, skipped: [{ reason: 'FileMapping' as const, bytes: 36 }] };
  const [booked] = asSkipped(pass(null, planned), 'NoSwap').processes;
  assert.deepEqual(booked?.skipped, [
    { reason: 'FileMapping', bytes: 36 },
    { reason: 'NoSwap', bytes: 64 },
  ]);
  assert.deepEqual([booked?.advisedBytes, booked?.error], [0, 'NoSwap']);
});

test('Swap that is missing, going, forbidden, limited or full stops a page-out', () => {
  const swap = { totalBytes: 1 << 30, freeBytes: 1 << 29, areas: [], zswap: false };
  const going = [{ path: '/dev/zram0', kind: 'zram' as const, sizeBytes: 1 << 30, usedBytes: 0 }];
  const room = (swapLimitBytes: number | null, swapRoomBytes = swapLimitBytes) => ({ swapLimitBytes, swapRoomBytes });
  assert.equal(swapReason({ ...swap, totalBytes: 0, freeBytes: 0 }, null), 'NoSwap');
  assert.equal(swapReason({ ...swap, totalBytes: 1 << 29, areas: going }, null), 'SwapoffInProgress');
  assert.equal(swapReason({ ...swap, areas: going }, null), null);
  assert.equal(swapReason(swap, room(0)), 'SwapForbidden');
  assert.equal(swapReason(swap, room(5 << 20, 4096)), 'SwapLimited');
  assert.equal(swapReason({ ...swap, freeBytes: 4096 }, null), 'SwapFull');
  for (const none of [null, room(null), room(5 << 20)]) assert.equal(swapReason(swap, none), null);
});
