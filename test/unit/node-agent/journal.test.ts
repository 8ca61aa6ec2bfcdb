/** What page-outs wrote survives a restart of the agent and of the machine, whatever became of the clocks. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Journal } from '../../../node-agent/journal.ts';

function inFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-journal-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const loaded = (folder: string, bootID: string): Journal => {
  const journal = new Journal(folder, bootID);
  assert.equal(journal.load(), null);
  return journal;
};

test('what was written is known after a reboot, on the new clock', () =>
  inFolder((folder) => {
    const writes = [{ since: 1000, at: 3000, bytes: 7 }];
    loaded(folder, 'first').save(new Map(), writes, { monotonic: 5000, wall: 1_000_000 });
    const later = { monotonic: 100, wall: 1_060_000 };
    assert.deepEqual(loaded(folder, 'second').recallWrites(later), [{ since: -63_900, at: -61_900, bytes: 7 }]);
  }));

test('where the wall clock was set back it counts as written now', () =>
  inFolder((folder) => {
    const writes = [{ since: 1000, at: 3000, bytes: 7 }];
    loaded(folder, 'boot').save(new Map(), writes, { monotonic: 5000, wall: 1_000_000 });
    const back = { monotonic: 50, wall: 10_000 };
    assert.deepEqual(loaded(folder, 'boot').recallWrites(back), [{ since: 50, at: 50, bytes: 7 }]);
  }));

test('a journal of an agent that did not count writes is read', () =>
  inFolder((folder) => {
    writeFileSync(join(folder, 'journal.json'), JSON.stringify({ bootID: 'boot', containers: [] }));
    assert.deepEqual(loaded(folder, 'boot').recallWrites({ monotonic: 0, wall: 0 }), []);
  }));
