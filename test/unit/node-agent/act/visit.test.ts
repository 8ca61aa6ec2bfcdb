/** The law of a pass's account: what was advised and what was skipped together are what is mapped. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Reason } from '../../../../api/reasons.ts';
import type { AdviseResult, Opened, ProcessSample, Proof, Range } from '../../../../native/worker.ts';
import { Visit } from '../../../../node-agent/act/visit.ts';

const sample: ProcessSample = {
  pid: 7,
  parent: 1,
  nsPids: [7, 3],
  uid: 0,
  threads: 1,
  startTicks: 100,
  cpuTicks: 0,
  rssAnonBytes: 1000,
  rssFileBytes: 0,
  rssShmemBytes: 0,
  swapBytes: 0,
  lockedBytes: 0,
  pinnedBytes: 0,
  sizeBytes: 5000,
  comm: 'target',
  state: 'S',
  kernelThread: false,
  zombie: false,
  leaderExited: false,
  traced: false,
  realTime: false,
};
const proof: Proof = {
  pid: 7,
  handle: 0,
  proof: 'CgroupLine',
  pidfdInode: 9,
  cgroupInode: 2,
  execKey: 'a',
  sample,
};
const opened = (change: Partial<ProcessSample> = {}): Opened => ({
  ok: true,
  proof: { ...proof, sample: { ...sample, ...change } },
});

const visited = (): Visit => {
  const visit = new Visit({ pid: 7, startTicks: 0 });
  visit.opened(opened());
  visit.stage = 'Advised';
  return visit;
};

const reason = fc.constantFrom<Reason | null>(null, 'Unadvisable', 'Gone', 'Busy');
const part = fc.record({
  pages: fc.integer({ min: 1, max: 50 }),
  done: fc.double({ min: 0, max: 1, noNaN: true }),
  reason,
});

test('every byte of a plan is advised or skipped, whatever the worker answers and wherever it stops', () => {
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.nat(25),
      fc.integer({ min: 0, max: 9999 }),
      (parts, done, other) => {
        const ranges: Range[] = [];
        let at = 0;
        for (const { pages } of parts) {
          ranges.push({ start: at, end: at + pages * 4096 });
          at += pages * 4096;
        }
        const result: AdviseResult = {
          advisedBytes: 0,
          calls: 1,
          callMicros: 5,
          longestMicros: 5,
          wallMicros: 5,
          chunkBytes: 4096,
          rangesDone: Math.min(done, ranges.length),
          reason: 'Cancelled',
          errno: 0,
          ranges: parts.slice(0, done + 1).map((one) => ({
            advisedBytes: Math.floor(one.pages * one.done) * 4096,
            reason: one.reason,
            errno: 0,
          })),
        };
        const visit = visited();
        const skipped = [{ reason: 'FileMapping' as const, bytes: other }];
        visit.planned({ ranges: [], skipped, mappedBytes: at + other, plannedBytes: at, keptBytes: 0, resumeAt: null });
        visit.advised(ranges, result, 'Cancelled');
        const outcome = visit.outcome();
        const left = outcome.skipped.reduce((sum, one) => sum + one.bytes, 0);
        assert.equal(outcome.advisedBytes + left, outcome.mappedBytes);
      },
    ),
  );
});

test('the fall of RssAnon is reclaimed only where the same process was measured again', () => {
  const same = visited();
  same.measured(opened({ rssAnonBytes: 100, swapBytes: 900 }));
  assert.deepEqual(same.outcome().rssAnonBytes, { before: 1000, after: 100 });
  assert.equal(same.outcome().reclaimedBytes, 900);
  const other = visited();
  other.measured(opened({ startTicks: 101, rssAnonBytes: 0 }));
  assert.equal(other.outcome().reclaimedBytes, 0);
  assert.equal(other.outcome().error, 'Exited');
});

test('a process that could not be opened has its reason, and what was sampled of it', () => {
  const visit = new Visit({ pid: 7, startTicks: 100, sample });
  visit.opened({ ok: false, pid: 7, refusal: { reason: 'NotInContainer', errno: 0 } });
  const outcome = visit.outcome();
  assert.equal(outcome.error, 'NotInContainer');
  assert.equal(outcome.identity, null);
  assert.equal(outcome.containerPid, 3);
  assert.deepEqual(outcome.rssAnonBytes, { before: 1000, after: 1000 });
});
