/**
 * Rubbish at a real worker: random bytes, and good frames with bytes changed, cut or repeated. It must refuse or close,
 * never crash: its exit status and the ends of its sessions say which. It runs under ASan and UBSan here, and so without
 * its filter. EBB_FUZZ_SECONDS bounds it; the seed of a failure is printed.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import test, { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { decodeEnded } from '../../../native/decode.ts';
import {
  encodeAdvise,
  encodeBegin,
  encodeHandle,
  encodeReclaim,
  encodeScan,
  encodeTargets,
} from '../../../native/encode.ts';
import { encodeFrame, FrameReader } from '../../../native/frames.ts';
import { frameTypes } from '../../../native/names.ts';
import { workerPath } from '../../../native/spawn.ts';

const seconds = Number(process.env['EBB_FUZZ_SECONDS'] ?? '5');
const protocolExit = 65;
const native = join(import.meta.dirname, '../../../native');
const sanitized = join(native, 'build/asan/ebb-worker');
execFileSync('make', ['-s', '-C', native, '--no-print-directory', 'build/asan/ebb-worker']);

/** Whose memory is read and advised where the rubbish happens to make sense. */
const target = spawn('sleep', ['1000']);
after(() => target.kill());

const empty = new Uint8Array(0);
const container = { mount: '/sys/fs/cgroup/memory', cgroup: '/', cgroupInode: 0 };
const cold = {
  advice: 'Cold',
  maxStallMicros: 2000,
  bytesPerSecond: 0,
  deadlineMicros: 0,
  firstChunkBytes: 0,
} as const;
const ranges = [{ start: 4096, end: 8192 }];

const requests: readonly (readonly [number, Uint8Array])[] = [
  [frameTypes.hello, empty],
  [frameTypes.begin, encodeBegin(null, ['observe', 'advise'], 0)],
  [frameTypes.begin, encodeBegin(container, ['observe'], 0)],
  [frameTypes.open, encodeTargets([{ pid: target.pid!, startTicks: 0 }])],
  [frameTypes.list, encodeHandle(0)],
  [frameTypes.count, encodeScan({ handle: 0, pagemap: false, category: 0 }, ranges)],
  [frameTypes.runs, encodeScan({ handle: 0, pagemap: true, category: 8 }, ranges)],
  [frameTypes.advise, encodeAdvise(0, cold, ranges)],
  [frameTypes.measure, empty],
  [frameTypes.cancel, empty],
  [frameTypes.end, empty],
  [frameTypes.probe, empty],
  [frameTypes.reclaim, encodeReclaim(container, 4096)],
];

const request = fc
  .tuple(fc.constantFrom(...requests), fc.nat(3), fc.nat(1000))
  .map(([[type, body], session, sequence]) => {
    const ofWorker = type === frameTypes.hello || type === frameTypes.probe || type === frameTypes.reclaim;
    return Buffer.from(encodeFrame(type, ofWorker ? 0 : session + 1, sequence, body));
  });

/** A good request with a byte changed, its end missing, or something else behind it. */
const mutated = fc
  .tuple(request, fc.nat(), fc.nat(255), fc.constantFrom('change', 'cut', 'keep'))
  .map(([bytes, place, value, how]) => {
    const at = place % bytes.length;
    if (how === 'cut') return bytes.subarray(0, at);
    if (how === 'change') bytes[at] = value;
    return bytes;
  });

const talk = fc.array(fc.oneof({ arbitrary: request, weight: 4 }, mutated, fc.uint8Array({ maxLength: 200 })), {
  minLength: 1,
  maxLength: 30,
});

function start(path = sanitized): { child: ChildProcess; socket: Duplex } {
  const env = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' }; // the leak checker needs ptrace, which dumpable 0 denies
  const child = spawn(path, ['--fd', '3'], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], env });
  return { child, socket: child.stdio[3] as unknown as Duplex };
}

/** How the worker ended after it was told all of it and the line was cut. */
async function endOf(said: readonly Uint8Array[]): Promise<number | string> {
  const { child, socket } = start();
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  socket.on('error', () => undefined); // it may close while we still talk
  const reader = new FrameReader(({ type, body }) => {
    if (type === frameTypes.ended) assert.notEqual(decodeEnded(body).reason, 'SystemError', 'a session crashed');
  });
  socket.on('data', (chunk: Buffer) => reader.push(chunk));
  for (const bytes of said) socket.write(bytes);
  socket.end();
  const timeout = sleep(5000, ['none', 'still there after 5 s'] as const, { ref: false });
  const [code, signal] = await Promise.race([exit, timeout]);
  if (signal !== null) child.kill('SIGKILL');
  return code ?? signal ?? 'nothing';
}

test('whatever is said to a worker, it answers, refuses or closes, and never crashes', async () => {
  await fc.assert(
    fc.asyncProperty(talk, async (said) => {
      const end = await endOf(said);
      assert.ok(end === 0 || end === protocolExit, `ended with ${end}`);
    }),
    { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false },
  );
});

test('a frame that can’t be one closes the line with a refusal, after what came before was answered', async () => {
  const { child, socket } = start();
  const exit = once(child, 'exit');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(encodeFrame(frameTypes.hello, 0, 1, empty));
  socket.write(encodeFrame(99, 0, 2, empty));
  const [code] = await exit;
  await sleep(20);
  const said = Buffer.concat(chunks);
  assert.equal(code, protocolExit);
  assert.equal(said.readUInt32LE(4), frameTypes.hello);
  assert.equal(said.readUInt32LE(16 + said.readUInt32LE(0) + 4), frameTypes.refused);
});

function residentKiB(child: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]);
}

test('an agent that asks and never listens stops being served, and costs no more memory for it', async () => {
  const { child, socket } = start(workerPath);
  const exit = once(child, 'exit');
  socket.pause();
  await sleep(300);
  const before = residentKiB(child);
  for (let i = 0; i < 200_000; i++) socket.write(encodeFrame(frameTypes.probe, 0, i + 1, empty));
  await sleep(1000);
  const rss = residentKiB(child);
  socket.destroy();
  const [code] = await exit;
  assert.equal(code, 0);
  assert.ok(rss - before < 2048, `grew by ${rss - before} KiB`);
});
