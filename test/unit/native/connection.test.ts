import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import fc from 'fast-check';
import { WorkerError } from '../../../native/error.ts';
import { encodeFrame, type Frame, FrameReader } from '../../../native/frames.ts';
import * as layout from '../../../native/layout.ts';
import { frameTypes, reasonNames } from '../../../native/names.ts';
import { joined, slicesOf } from '../../../native/session.ts';
import { connectWorker } from '../../../native/worker.ts';
import { type Answer, fakeStream, fakeWorker, helloBody } from './fake-worker.ts';

const nobody: Answer = () => undefined;
const page = 4096;

function refusedBody(reason: string, errno = 0): Uint8Array {
  const body = new Uint8Array(layout.refused.size);
  const view = new DataView(body.buffer);
  view.setUint32(layout.refused.at.reason, reasonNames.indexOf(reason as never), true);
  view.setInt32(layout.refused.at.error, errno, true);
  return body;
}

function endedBody(reason: string | null, abandoned = 0, stuck = 0): Uint8Array {
  const body = new Uint8Array(layout.ended.size);
  const view = new DataView(body.buffer);
  view.setUint32(layout.ended.at.reason, reasonNames.indexOf(reason as never), true);
  view.setUint32(layout.ended.at.abandoned, abandoned, true);
  view.setUint32(layout.ended.at.stuck, stuck, true);
  return body;
}

test('frames come out whole however the stream cuts them', () => {
  const frame = fc.record({ type: fc.nat(30), session: fc.nat(9), sequence: fc.nat(), body: fc.uint8Array() });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (frames, cut) => {
      const out: Frame[] = [];
      const reader = new FrameReader((taken) => out.push(taken));
      const bytes = Buffer.concat(frames.map((f) => encodeFrame(f.type, f.session, f.sequence, f.body)));
      for (let at = 0; at < bytes.length; at += cut) reader.push(bytes.subarray(at, at + cut));
      assert.deepEqual(
        out.map((f) => ({ ...f, body: [...f.body] })),
        frames.map((f) => ({ ...f, body: [...f.body] })),
      );
    }),
  );
});

test('a worker built from another header is refused in one line', async () => {
  const { stream } = fakeStream(nobody, helloBody(0));
  await assert.rejects(connectWorker(stream), {
    code: 'ProtocolError',
    message: 'ebb: native library ABI 0 does not match 2: run npm run build',
  });
  assert.ok(stream.destroyed);
});

test('the greeting names rights and features', async () => {
  const { worker } = await fakeWorker(nobody);
  assert.deepEqual(worker.hello.capabilities, ['SYS_PTRACE', 'SYS_NICE']);
  assert.deepEqual(worker.hello.features, ['PagemapScan', 'Reclaim']);
  assert.equal(worker.hello.pid, 4711);
  worker.close();
});

test('garbage from the peer ends the connection and every call that waits', async () => {
  const chunk = fc.uint8Array({ minLength: 16, maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { minLength: 1, maxLength: 4 }), async (chunks) => {
      const { worker, peer } = await fakeWorker(nobody);
      const session = await worker.begin(null, ['observe']);
      const calls = [session.list(0), session.measure(), worker.probe()].map((call) =>
        call.then(
          () => assert.fail('garbage was taken for an answer'),
          (error: WorkerError) => error.code,
        ),
      );
      for (const bytes of chunks) peer.write(bytes);
      peer.end();
      for (const code of await Promise.all(calls)) assert.ok(code === 'ProtocolError' || code === 'WorkerGone', code);
      await worker.gone;
      assert.notEqual((await session.ended).reason, null);
    }),
    { numRuns: 100 },
  );
});

for (const [what, answer] of [
  ['of another type', (frame, say) => say(frame.type + 1, new Uint8Array(0))],
  ['of another session', (frame, say) => say(frame.type, new Uint8Array(0), 77)],
  ['of progress nobody asked for', (_, say) => say(frame_progress, new Uint8Array(layout.progress.size))],
  ['that tells the end of an unknown session', (_, say) => say(frameTypes.ended, endedBody(null), 5)],
  ['with a body cut short', (frame, say) => say(frame.type, new Uint8Array(23))],
  ['that refuses without a reason', (_, say) => say(frameTypes.refused, new Uint8Array(layout.refused.size))],
] as [string, Answer][])
  test(`an answer ${what} ends the connection with ProtocolError`, async () => {
    const { worker } = await fakeWorker(answer);
    const session = await worker.begin(null, ['observe']);
    await assert.rejects(session.list(0), { code: 'ProtocolError' });
    await worker.gone;
  });
const frame_progress = frameTypes.progress;

test('a frame that announces more than any frame may hold ends the connection', async () => {
  const { worker, peer } = await fakeWorker(nobody);
  const waiting = assert.rejects(worker.probe(), { code: 'ProtocolError' });
  const header = encodeFrame(frameTypes.probe, 0, 2, new Uint8Array(0));
  new DataView(header.buffer).setUint32(0, layout.maxFrameBytes + 1, true);
  peer.write(header);
  await waiting;
});

test('a refusal rejects that call alone, with its reason and errno', async () => {
  const { worker } = await fakeWorker((_, say) => say(frameTypes.refused, refusedBody('PermissionDenied', 13)));
  const session = await worker.begin(null, ['observe']);
  await assert.rejects(session.list(0), { code: 'PermissionDenied', errno: 13 });
  await assert.rejects(session.measure(), { code: 'PermissionDenied' });
  worker.close();
});

test('the end of a session rejects what waits in it and leaves the others alone', async () => {
  const { worker } = await fakeWorker((frame, say) => {
    if (frame.type === frameTypes.list) say(frameTypes.ended, endedBody('TargetStuck', 1, 1));
    if (frame.type === frameTypes.measure) say(frameTypes.measure, new Uint8Array(0));
  });
  const stuck = await worker.begin(null, ['observe']);
  const other = await worker.begin(null, ['observe']);
  await assert.rejects(stuck.list(0), { code: 'TargetStuck' });
  assert.deepEqual(await stuck.ended, { reason: 'TargetStuck', abandoned: true, stuck: 1 });
  await assert.rejects(stuck.measure(), { code: 'TargetStuck' });
  assert.deepEqual(await other.measure(), []);
  worker.close();
});

test('a session sends one request at a time', async () => {
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  const { worker } = await fakeWorker((frame, say) => {
    asked.push(frame.type);
    answers.push(() => say(frame.type, new Uint8Array(0)));
  });
  const session = await worker.begin(null, ['observe']);
  const both = Promise.all([session.list(0), session.measure()]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked, [frameTypes.list]);
  answers[0]!();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(asked, [frameTypes.list, frameTypes.measure]);
  answers[1]!();
  await both;
  worker.close();
});

test('a wrong range or path is the mistake of its call and costs no connection', async () => {
  const { worker } = await fakeWorker((frame, say) => say(frame.type, new Uint8Array(0)));
  const session = await worker.begin(null, ['observe']);
  for (const [start, end] of [
    [page, page],
    [2 * page, page],
    [1, page],
    [0, 2 ** 58],
    [-page, page],
  ] as const)
    await assert.rejects(session.count(0, [{ start, end }]), RangeError);
  await assert.rejects(worker.begin({ mount: '/sys', cgroup: '/a/../b', cgroupInode: 1 }, ['observe']), RangeError);
  await assert.rejects(worker.begin(null, []), RangeError);
  const many = Array.from({ length: 257 }, (_, pid) => ({ pid, startTicks: 0 }));
  await assert.rejects(session.open(many), { code: 'TooManyProcesses' });
  assert.deepEqual(await session.measure(), []);
  worker.close();
});

test('the worker going away settles everything', async () => {
  const { worker, peer } = await fakeWorker(nobody);
  const session = await worker.begin(null, ['observe']);
  const call = assert.rejects(session.list(0), { code: 'WorkerGone' });
  peer.end();
  await call;
  await worker.gone;
  assert.equal((await session.ended).reason, 'WorkerGone');
  await assert.rejects(worker.begin(null, ['observe']), { code: 'WorkerGone' });
  assert.equal((await session.end()).reason, 'WorkerGone');
});

test('close ends the stream once', async () => {
  const { stream } = fakeStream(nobody);
  const worker = await connectWorker(stream);
  worker.close();
  worker.close();
  await once(stream, 'close').catch(() => undefined);
  await worker.gone;
});

test('ranges are cut into slices that lose and repeat nothing', () => {
  const ranges = fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 50 })), { maxLength: 10 }).map((gaps) => {
    let at = 0;
    return gaps.map(([gap, length]) => {
      const start = at + gap + 1;
      at = start + length;
      return { start, end: at };
    });
  });
  fc.assert(
    fc.property(ranges, fc.integer({ min: 1, max: 60 }), (whole, bytes) => {
      const slices = slicesOf(whole, bytes);
      for (const slice of slices) assert.ok(slice.reduce((sum, { start, end }) => sum + end - start, 0) <= bytes);
      assert.deepEqual(joined(slices.flat()), whole);
    }),
  );
});

test('a WorkerError says which call failed on which session', async () => {
  const { worker } = await fakeWorker((_, say) => say(frameTypes.refused, refusedBody('Execed')));
  const session = await worker.begin(null, ['observe']);
  await assert.rejects(session.list(3), (error: unknown) => {
    assert.ok(error instanceof WorkerError);
    assert.equal(error.message, 'list of session 1: Execed');
    return true;
  });
  worker.close();
});
