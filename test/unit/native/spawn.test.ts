import assert from 'node:assert/strict';
import test from 'node:test';
import { connectSocket, spawnWorker } from '../../../native/spawn.ts';

test('a missing worker is said in one line with the command that helps', async () => {
  await assert.rejects(spawnWorker({ path: '/nowhere/ebb-worker' }), {
    code: 'WorkerGone',
    message: 'ebb: /nowhere/ebb-worker is missing: run npm run build',
  });
});

test('a program that is no worker is noticed by its silence on the line', async () => {
  await assert.rejects(spawnWorker({ path: '/bin/true' }), { code: 'WorkerGone' });
});

test('a socket nobody listens on is an error of its own', async () => {
  await assert.rejects(connectSocket('/nowhere/worker.sock'), { code: 'ENOENT' });
});
