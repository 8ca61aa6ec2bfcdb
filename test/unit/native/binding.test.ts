import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { loadLibrary } from '../../../native/binding.ts';

const library = loadLibrary();

function own() {
  const [sample] = library.sampleProcesses([process.pid]);
  if (sample === undefined || 'errno' in sample) return assert.fail('this process is not sampled');
  return sample;
}

test('a sample of this process says what /proc says', () => {
  const sample = own();
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  assert.equal(sample.pid, process.pid);
  assert.equal(sample.parent, process.ppid);
  assert.equal(sample.startTicks, Number(fields[19]));
  assert.equal(sample.uid, process.geteuid!());
  assert.ok(sample.rssAnonBytes > 1 << 20 && sample.sizeBytes > sample.rssAnonBytes);
  assert.equal(sample.nsPids[0], process.pid);
});

test('a thousand samples come in the order of their numbers, with an errno for who is gone', () => {
  const pids = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? process.pid : 2 ** 22 + i));
  const samples = library.sampleProcesses(pids);
  assert.deepEqual(
    samples.map(({ pid }) => pid),
    pids,
  );
  for (const [i, sample] of samples.entries()) assert.equal('errno' in sample, i % 2 === 1);
});

test('files are read in one call, each with its text or its errno', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-files-'));
  try {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    writeFileSync(join(folder, 'bytes'), bytes);
    writeFileSync(join(folder, 'large'), 'x'.repeat(70_000));
    const read = library.readFiles([join(folder, 'bytes'), join(folder, 'none'), join(folder, 'large'), folder]);
    assert.deepEqual(read, [bytes.toString('latin1'), 2, 75, 21]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('many files that together pass the buffer all come back whole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-files-'));
  try {
    const paths = Array.from({ length: 200 }, (_, i) => join(folder, String(i)));
    for (const [i, path] of paths.entries()) writeFileSync(path, String(i % 10).repeat(20_000));
    const read = library.readFiles(paths);
    for (const [i, text] of read.entries()) assert.equal(text, String(i % 10).repeat(20_000));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('no files and no processes are an empty answer', () => {
  assert.deepEqual(library.readFiles([]), []);
  assert.deepEqual(library.sampleProcesses([]), []);
  assert.deepEqual(library.pollExits([]), []);
});

test('the exit of a process is seen through its pidfd', async () => {
  const child = spawn('sleep', ['60']);
  const exit = once(child, 'exit');
  const pidfds = [library.pidfdOpen(child.pid!), library.pidfdOpen(process.pid)];
  try {
    assert.deepEqual(library.pollExits(pidfds), [false, false]);
    child.kill('SIGKILL');
    await exit;
    assert.deepEqual(library.pollExits(pidfds, 1000), [true, false]);
  } finally {
    for (const pidfd of pidfds) library.closePidfd(pidfd);
  }
  assert.equal(library.pidfdOpen(2 ** 22 + 1), -3);
});
