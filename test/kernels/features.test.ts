/** What each kernel has, so that the fallbacks are known to have run for real. */
import assert from 'node:assert/strict';
import { release } from 'node:os';
import test from 'node:test';
import { withWorker } from './page-out.ts';

/** First release with each. */
const since: Readonly<Record<string, number>> = {
  PagemapScan: 607,
  PidfsInode: 609,
  ProcmapQuery: 611,
  PidfdInfo: 613,
};

test('the worker reports exactly the interfaces that this kernel has', async () => {
  const [major, minor] = release().split('.').map(Number);
  const expected = Object.keys(since).filter((name) => since[name]! <= major! * 100 + minor!);
  const features = await withWorker({}, async (worker) => worker.hello.features);
  assert.deepEqual([...features].sort(), expected.sort());
});

test('this kernel takes Cold, PageOut, WillNeed and Collapse for another process, and not Mergeable', async () => {
  const answers = await withWorker({}, (worker) => worker.probe());
  const errnos = new Map(answers.map(({ name, errno }) => [name, errno]));
  for (const name of ['COLD', 'PAGEOUT', 'WILLNEED']) assert.equal(errnos.get(name), 0, name);
  assert.equal(errnos.get('MERGEABLE'), 22);
});
