import assert from 'node:assert/strict';
import test from 'node:test';
import { progressText } from '../../../../cli/advise/progress.ts';
import { showPass } from '../../../../cli/advise/show.ts';
import type { PassOutcome, ProcessOutcome } from '../../../../node-agent/act/outcome.ts';

const mebibyte = 2 ** 20;
const one: ProcessOutcome = {
  pid: 4242,
  containerPid: 7,
  comm: 'java',
  startTime: '2026-01-01T00:00:00.000Z',
  identity: 'CgroupLine',
  rssAnonBytes: { before: 100 * mebibyte, after: 4 * mebibyte },
  swapBytes: { before: 0, after: 96 * mebibyte },
  mappedBytes: 120 * mebibyte,
  advisedBytes: 110 * mebibyte,
  movableBytes: 96 * mebibyte,
  reclaimedBytes: 96 * mebibyte,
  freedBytes: 60 * mebibyte,
  calls: 440,
  adviseMicros: 200000,
  longestCallMicros: 1800,
  skipped: [{ reason: 'FileMapping', bytes: 10 * mebibyte }],
  error: null,
};
const pass: PassOutcome = {
  processes: [one],
  learned: [],
  reason: null,
  usageBytes: null,
  freedBytes: 60 * mebibyte,
  compressedBytes: 36 * mebibyte,
  awaitingReclaimBytes: 0,
  wallMillis: 210,
  stuckSessions: null,
};
const plain = { width: null, colour: false };
const pageOut = { advice: 'PageOut', dryRun: false } as const;

test('What left and what was freed are told apart, and freed is net of what compressed swap grew', () => {
  const text = showPass(pass, pageOut, null, plain);
  assert.match(
    text,
    /110 MiB advised, 96 MiB left in 210\.0 ms, 60 MiB freed net of the 36 MiB that compressed swap grew/,
  );
  assert.match(text, /4242 +7 +java +CgroupLine/);
  assert.match(text, /10 MiB {2}FileMapping: a file mapping/);
});

test('On a disk swap nothing is claimed as freed and the words say what it waits for', () => {
  const text = showPass(
    { ...pass, freedBytes: 0, compressedBytes: 0, awaitingReclaimBytes: 96 * mebibyte },
    pageOut,
    null,
    plain,
  );
  assert.match(text, /, nothing freed\./);
  assert.match(text, /AwaitingReclaim: 96 MiB unmapped and written to swap, but still in memory as swap cache/);
});

test('What can’t be told is not shown as nothing', () => {
  const text = showPass({ ...pass, freedBytes: null, processes: [{ ...one, freedBytes: null }] }, pageOut, null, plain);
  assert.match(text, /what was freed can't be told/);
});

test('Where most stayed, the words say what the kernel passes over', () => {
  const text = showPass({ ...pass, processes: [{ ...one, reclaimedBytes: 4096 }] }, pageOut, null, plain);
  assert.match(text, /Most of it stayed: .* several processes map/);
  assert.doesNotMatch(showPass(pass, pageOut, null, plain), /stayed/);
});

test('Where hardly anything could move, nothing is said of what stayed', () => {
  const little = { ...one, movableBytes: 8192, reclaimedBytes: 0 };
  assert.doesNotMatch(showPass({ ...pass, processes: [little] }, pageOut, null, plain), /stayed/);
});

test('What the swap cache gave is told, though none of it came from this pass', () => {
  const dropped = { waitedBytes: 96 * mebibyte, droppedBytes: 90 * mebibyte };
  assert.match(showPass(pass, pageOut, dropped, plain), /Reclaimed: 90 MiB of the 96 MiB that waited/);
});

test('A dry run says would, and that nothing was touched', () => {
  const text = showPass(pass, { advice: 'PageOut', dryRun: true }, null, plain);
  assert.match(text, /would advise 110 MiB, of which 96 MiB can move; nothing was touched/);
  assert.doesNotMatch(text, /LEFT|FREED/);
});

test('An error, a stop and a hostile command name are shown in words and without control characters', () => {
  const bad: ProcessOutcome = { ...one, comm: '\x1b[31mred\x9b\xe2\x80\xae\n', error: 'Execed' };
  const text = showPass({ ...pass, processes: [bad], reason: 'Cancelled' }, pageOut, null, plain);
  assert.match(text, /PID 4242: Execed: the process runs another program/);
  assert.match(text, /stopped before the end: Cancelled/);
  assert.doesNotMatch(text, /[^\x20-\x7e\n’…]/);
});

test('Progress shows bytes, share and rate, and never more than 100 %', () => {
  assert.equal(progressText(mebibyte, 4 * mebibyte, 2), '1 MiB of 4 MiB advised, 25 %, 512 KiB/s');
  assert.match(progressText(9, 8, 1), /100 %/);
  assert.match(progressText(0, 0, 0), /0 %, -/);
});
