/** What a list-watch does next, answer by answer. test/controlplane/kube/ shows the same on a real API server. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Clock } from '../../../kube/clock.ts';
import type { Call } from '../../../kube/connection.ts';
import { KubeError } from '../../../kube/errors.ts';
import { ListWatch, type ListWatchOptions } from '../../../kube/list-watch.ts';
import type { KubeObject } from '../../../kube/resource.ts';
import { ManualClock } from '../operator/manual-clock.ts';

const resource = { group: '', version: 'v1', plural: 'pods' };

const pod = (name: string, version: number, uid = `u-${name}`) => ({
  metadata: { namespace: 'a', name, uid, resourceVersion: String(version) },
});
const page = (version: number, items: readonly object[], next = '') => ({
  metadata: { resourceVersion: String(version), continue: next },
  items,
});
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const bookmark = (version: number) => event('BOOKMARK', { metadata: { resourceVersion: String(version) } });
const expired = event('ERROR', { kind: 'Status', reason: 'Expired', code: 410, message: 'too old' });

/** The lines of a watch, then how it ends where it does not just close. */
type Watched = { readonly lines: readonly string[]; readonly end?: Error };
type Answer = object | Error | Watched;

/** Gives one answer after the other; aborts when all are given. Each ask is noted: L or W, and from where. */
async function play(answers: readonly Answer[], options: Partial<ListWatchOptions<string>> = {}) {
  const abort = new AbortController();
  const asked: string[] = [];
  const waits: number[] = [];
  const left = [...answers];
  const next = (): Answer => {
    if (left.length === 0) abort.abort();
    abort.signal.throwIfAborted();
    const answer = left.shift()!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const connection = {
    request: async ({ query }: Call) => {
      asked.push(`L${query?.['continue'] ?? ''}`);
      return next();
    },
    open: async ({ query }: Call) => {
      asked.push(`W${query?.['resourceVersion']}`);
      return streamOf(next() as Watched);
    },
  };
  const clock: Clock = {
    now: () => 0,
    date: () => new Date(0),
    random: () => 0,
    sleep: async (millis) => void waits.push(millis),
  };
  const transform = ({ metadata }: KubeObject): string => `${metadata.name}@${metadata.resourceVersion}`;
  const list = new ListWatch<string>(connection, { resource, transform, clock, ...options });
  await list.run(abort.signal);
  return { list, asked, waits, values: [...list.store.items()].map(({ value }) => value).sort() };
}

async function* streamOf({ lines, end }: Watched): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield Buffer.from(line);
  if (end) throw end;
}

const cut = new KubeError('Unreachable', 'cut');

test('a watch goes on from the last thing that was heard, bookmarks included', async () => {
  const answers = [
    page(10, [pod('p', 3)]),
    { lines: [event('ADDED', pod('q', 11)), bookmark(20)] },
    { lines: [event('DELETED', pod('p', 21))], end: cut },
    { lines: [] },
  ];
  const { asked, values, list } = await play(answers);
  assert.deepEqual(asked, ['L', 'W10', 'W20', 'W21', 'W21']);
  assert.deepEqual(values, ['q@11']);
  assert.equal(list.counters.errors.Unreachable, 1);
});

test('410, as an answer or as an event, leads to a list, and what is not in it is gone', async () => {
  const first = page(10, [pod('p', 3), pod('q', 4)]);
  const second = page(30, [pod('q', 4)]);
  for (const gone of [new KubeError('Gone', 'old', { status: 410 }), { lines: [expired] }]) {
    const { asked, values } = await play([first, gone, second]);
    assert.deepEqual(asked, ['L', 'W10', 'L', 'W30']);
    assert.deepEqual(values, ['q@4']);
  }
});

test('410 between pages starts the list over, and so do pages of two moments', async () => {
  const parts = [page(10, [pod('p', 3)], 'more'), new KubeError('Gone', 'old')];
  const mixed = [page(10, [pod('p', 3)], 'more'), page(12, [pod('q', 11)])];
  for (const broken of [parts, mixed]) {
    const { asked, values, list } = await play([...broken, page(20, [pod('r', 20)], 'x'), page(20, [pod('s', 19)])]);
    assert.deepEqual(asked, ['L', 'Lmore', 'L', 'Lx', 'W20']);
    assert.deepEqual(values, ['r@20', 's@19']);
    assert.equal(list.counters.lists, 1);
  }
});

test('nothing is told before the first full list, and a list that fails later removes nothing', async () => {
  const failing = await play([page(10, [pod('p', 3)], 'more'), cut]);
  assert.deepEqual([failing.values, failing.list.store.synced], [[], false]);
  const gone = new KubeError('Gone', 'old');
  const later = await play([page(10, [pod('p', 3)]), gone, page(30, [], 'more'), cut]);
  assert.deepEqual([later.values, later.list.store.synced], [['p@3'], true]);
});

test('garbage leads to another watch from the same place, and only again and again to a list', async () => {
  const garbage = { lines: ['{"type":\n'] };
  const { asked } = await play([page(10, []), garbage, garbage, garbage, page(11, [])]);
  assert.deepEqual(asked, ['L', 'W10', 'W10', 'W10', 'L', 'W11']);
});

test('an error event other than 410 leads to a list as well: the server’s own watch broke', async () => {
  const broke = event('ERROR', { kind: 'Status', reason: 'InternalError', code: 500, message: 'broke' });
  const { asked } = await play([page(10, []), { lines: [bookmark(12), broke] }, page(20, [])]);
  assert.deepEqual(asked, ['L', 'W10', 'L', 'W20']);
});

test('each failure in a row waits longer, news start anew, and Retry-After is honoured', async () => {
  const busy = new KubeError('TooManyRequests', 'busy', { status: 429, retryAfterMillis: 7000 });
  const { waits } = await play([page(10, []), cut, cut, cut, { lines: [bookmark(11)], end: cut }, cut, busy]);
  assert.deepEqual(waits, [100, 200, 400, 100, 100, 7000]);
});

test('an object that transform throws at keeps what was known of it, in lists and in watches', async () => {
  const transform = ({ metadata }: KubeObject): string => {
    if (metadata.resourceVersion === '13') throw new Error('nonsense');
    return `${metadata.name}@${metadata.resourceVersion}`;
  };
  const answers = [
    page(10, [pod('p', 3)]),
    { lines: [event('MODIFIED', pod('p', 13)), expired] },
    page(30, [pod('p', 13), pod('q', 13), pod('r', 5)]),
  ];
  const { values, list } = await play(answers, { transform });
  assert.deepEqual(values, ['p@3', 'r@5']);
  assert.equal(list.counters.refused, 3);
});

test('an object in a list that is as it was is not transformed again, and is the same item', async () => {
  const items: unknown[] = [];
  let calls = 0;
  const transform = ({ metadata }: KubeObject): string => `${metadata.name} ${++calls}`;
  const changed = (): void => void items.push(1);
  const gone = new KubeError('Gone', 'old');
  await play([page(10, [pod('p', 3)]), gone, page(30, [pod('p', 3)])], { transform, changed });
  assert.deepEqual([calls, items.length], [1, 1]);
});

test('a replacement under one name while nothing was heard is one removed and one added', async () => {
  const told: string[] = [];
  const changed: ListWatchOptions<string>['changed'] = (changes) => {
    for (const change of changes)
      told.push(`${change.kind} ${(change.kind === 'removed' ? change.before : change.item).uid}`);
  };
  const gone = new KubeError('Gone', 'old');
  await play([page(10, [pod('p', 3)]), gone, page(30, [pod('p', 25, 'other')])], { changed });
  assert.deepEqual(told, ['added u-p', 'removed u-p', 'added other']);
});

test('who is told to hurry tries at once and waits no longer than at first, unless the server asked to wait', async () => {
  const clock = new ManualClock();
  const asked: number[] = [];
  const failures: KubeError[] = [];
  const request = (): Promise<never> => {
    asked.push(clock.now());
    return Promise.reject(failures.shift() ?? cut);
  };
  const connection = { request, open: () => Promise.reject(cut) };
  const list = new ListWatch<string>(connection, { resource, transform: () => '', clock });
  const abort = new AbortController();
  const running = list.run(abort.signal);
  await clock.advance(10_000);
  assert.equal(asked.length, 7, 'after 0, 150, 300, 600, 1200, 2400 and 4800 ms');
  list.hurry();
  await clock.advance(200);
  assert.deepEqual(asked.slice(7), [11_000, 11_150]);
  failures.push(new KubeError('TooManyRequests', 'busy', { status: 429, retryAfterMillis: 5000 }));
  await clock.advance(300);
  assert.equal(asked.length, 10);
  list.hurry();
  await clock.advance(4000);
  assert.equal(asked.length, 10);
  await clock.advance(1700);
  assert.equal(asked.length, 11);
  abort.abort();
  await running;
});

test('it is current while it watches and once its kind is known to be no more, not while it only hopes to', async () => {
  const kind = { group: 'ebb.dev', version: 'v1', plural: 'pods' };
  const after = async (...answers: Answer[]) => (await play(answers, { resource: kind })).list.isCurrent;
  const first = page(10, [pod('p', 3)]);
  const missing = new KubeError('NotFound', 'no such resource', { status: 404 });
  const served = (...names: string[]) => ({ kind: 'APIResourceList', resources: names.map((name) => ({ name })) });
  assert.equal(await after(), false);
  assert.equal(await after(first, { lines: [bookmark(11)] }), true);
  assert.equal(await after(first, { lines: [] }, cut), false);
  assert.equal(await after(first, missing, missing), false);
  assert.equal(await after(first, missing, missing, missing, served('pods')), false);
  assert.equal(await after(first, missing, missing, missing, served('nodes')), true);
  assert.equal(await after(first, missing, missing, missing, served('nodes'), missing, cut), true);
  assert.equal(await after(first, missing, missing, missing, served('nodes'), page(20, []), cut), false);
  assert.equal(await after(missing, missing, missing, missing), false);
});

test('what the consumer throws is its own, and ends the run', async () => {
  const changed = (): never => {
    throw new Error('a bug');
  };
  await assert.rejects(play([page(10, [pod('p', 3)])], { changed }), { message: 'a bug' });
});
