/** What passes teach: what came back is hot for the next page-out, an exec forgets, a round goes on where one stopped. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Proof } from '../../../../native/worker.ts';
import { Learning } from '../../../../node-agent/act/learning.ts';
import type { Learned } from '../../../../node-agent/act/outcome.ts';

const mib = 2 ** 20;
const proofOf = (execKey = 'a', pid = 7): Proof =>
  ({ pid, pidfdInode: 5, execKey, sample: { startTicks: 1 } }) as unknown as Proof;
const learned = (change: Partial<Learned> = {}): Learned => ({
  proof: proofOf(),
  cameBack: [],
  pagedOut: [{ start: 0, end: 64 * mib }],
  moved: [],
  resumeAt: null,
  ...change,
});
const bytes = (ranges: readonly { start: number; end: number }[]) =>
  ranges.reduce((sum, range) => sum + range.end - range.start, 0);

test('what came back is kept by the next page-out, but for a sample', () => {
  const learning = new Learning();
  learning.remember('PageOut', [learned()], 0);
  const memory = learning.forPass('PageOut', 0, () => 1000);
  assert.deepEqual(memory.pagedOut(proofOf()), [{ start: 0, end: 64 * mib }]);
  const { hot } = memory.known(proofOf(), [{ start: 0, end: 16 * mib }]);
  assert.ok(bytes(hot) >= 14 * mib && bytes(hot) < 16 * mib, `${bytes(hot)}`);
  assert.ok(hot.every((range) => range.end <= 16 * mib));
});

test('a look at a wake judges nothing: what is out stays to be judged', () => {
  const learning = new Learning();
  learning.remember('PageOut', [learned()], 0);
  learning.forPass('WillNeed', 0, () => 1000).known(proofOf(), []);
  assert.equal(bytes(learning.forPass('PageOut', 0, () => 0).pagedOut(proofOf())), 64 * mib);
});

test('a later round goes on where the last one stopped, and adds to what is out', () => {
  const learning = new Learning();
  learning.remember('PageOut', [learned({ resumeAt: 64 * mib })], 0);
  const round = learning.forPass('PageOut', 1, () => 1000);
  assert.equal(round.known(proofOf(), []).resumeAt, 64 * mib);
  learning.remember('PageOut', [learned({ pagedOut: [{ start: 64 * mib, end: 70 * mib }] })], 0);
  assert.equal(bytes(round.pagedOut(proofOf())), 70 * mib);
});

test('another program of the same process knows nothing', () => {
  const learning = new Learning();
  learning.remember('PageOut', [learned()], 0);
  assert.deepEqual(learning.forPass('PageOut', 0, () => 0).pagedOut(proofOf('b')), []);
});

test('who is gone is forgotten', () => {
  const learning = new Learning();
  learning.remember('PageOut', [learned()], 0);
  learning.keepOnly(new Set([8]));
  assert.deepEqual(learning.forPass('PageOut', 0, () => 0).pagedOut(proofOf()), []);
});

test('a hundred thousand runs are kept as a few thousand that cover them', () => {
  const learning = new Learning();
  const pagedOut = Array.from({ length: 100_000 }, (_, i) => ({ start: i * 8192, end: i * 8192 + 4096 }));
  learning.remember('PageOut', [learned({ pagedOut })], 0);
  const kept = learning.forPass('PageOut', 0, () => 0).pagedOut(proofOf());
  assert.ok(kept.length <= 4096);
  assert.ok(bytes(kept) >= bytes(pagedOut));
});
