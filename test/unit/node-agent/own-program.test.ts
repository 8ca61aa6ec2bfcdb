import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '../../../kube/log.ts';
import { loadLibrary } from '../../../native/binding.ts';
import { giveBackOwnProgram } from '../../../node-agent/own-program.ts';

const library = loadLibrary();

interface Messages {
  readonly log: ReturnType<typeof openLog>;
  read(): readonly Record<string, unknown>[];
}

function withLog(run: (messages: Messages) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-own-'));
  const file = join(folder, 'log');
  const log = openLog('debug', openSync(file, 'a'));
  const read = () =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return run({ log, read }).finally(() => rmSync(folder, { recursive: true }));
}

/** kB that are there of the program itself, where nobody may write. */
function programKilobytes(): number {
  const entries = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const own = entries.filter(
    (entry) => /^\S+ r-[-x]p /.test(entry) && entry.split('\n')[0]!.endsWith(process.execPath),
  );
  return own.reduce((sum, entry) => sum + Number(/^Rss:\s+(\d+)/m.exec(entry)![1]), 0);
}

test('what was read of the program leaves, nothing else does, and the program goes on', () => {
  const kept = Buffer.alloc(8 << 20, 'ebb');
  const digest = (): string => createHash('sha512').update(kept).digest('hex');
  const before = digest();
  const held = programKilobytes();
  const bytes = library.giveBackOwnProgram();
  const left = programKilobytes();
  assert.ok(bytes > 8 << 20 && bytes <= held * 1024 + (1 << 20), `${bytes} of ${held} kB`);
  assert.ok(left < held / 2, `${left} of ${held} kB are there still`);
  assert.equal(digest(), before);
});

test('it is given back again and again, until the agent ends', () =>
  withLog(async ({ log, read }) => {
    const stop = giveBackOwnProgram(library, log, { firstMillis: 1, againMillis: 5 });
    while (read().length < 3) await sleep(5);
    stop();
    const messages = read();
    await sleep(50);
    assert.equal(read().length, messages.length);
    for (const { msg, bytes } of messages) assert.ok(msg === 'Gave back own program' && Number(bytes) > 0);
  }));

test('where the kernel refuses, it says so once and leaves it', () =>
  withLog(async ({ log, read }) => {
    giveBackOwnProgram({ giveBackOwnProgram: () => -2 }, log, { firstMillis: 1, againMillis: 1 });
    await sleep(50);
    assert.deepEqual(
      read().map(({ msg, errno, level }) => ({ msg, errno, level })),
      [{ msg: 'Failed to give back own program', errno: 2, level: 'warn' }],
    );
  }));
