/** A start that fails says why, ends, and leaves neither its lock nor its worker behind: a supervisor waits for the exit. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const program = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
const withinMillis = 20_000;

interface Place {
  readonly folder: string;
  readonly lock: string;
  readonly socket: string;
  readonly policies: string;
}

async function inFolder(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-start-'));
  try {
    chmodSync(folder, 0o755);
    const policies = join(folder, 'policies');
    mkdirSync(policies, { mode: 0o755 });
    await use({ folder, policies, lock: join(folder, 'lock'), socket: join(folder, 'socket') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The command as a user runs it: it must end by itself. */
async function failsToStart(place: Place, flags: Readonly<Record<string, string>>, says: RegExp): Promise<void> {
  const mark = `EBB_TEST_START=${process.pid}-${Math.random()}`;
  const [name, value] = mark.split('=') as [string, string];
  const all = { policies: place.policies, lock: place.lock, socket: place.socket, metrics: 'none', ...flags };
  const words = Object.entries(all).flatMap(([flag, given]) => [`--${flag}`, given]);
  const child = spawn(process.execPath, [program, 'agent', '--standalone', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, [name]: value },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMillis);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  assert.deepEqual([code, signal], [1, null], `still there after ${withinMillis} ms, or another exit: ${said}`);
  assert.match(said, says);
  await nobodyLeft(mark);
  assert.equal(spawnSync('flock', ['--nonblock', place.lock, 'true']).status, 0);
}

/** The worker has the environment of the agent that began it; it leaves a moment after its socket closes. */
async function nobodyLeft(mark: string): Promise<void> {
  for (let tries = 0; tries < 100 && marked(mark).length > 0; tries++) await sleep(50);
  assert.deepEqual(marked(mark), []);
}

const marked = (mark: string): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && environment(name).split('\0').includes(mark));

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

test('a policy folder that is not there ends the start, with worker and sockets already open', () =>
  inFolder((place) =>
    failsToStart(place, { policies: '/ebb-no-such-folder' }, /--policies \/ebb-no-such-folder must be a folder/),
  ));

test('a socket that can’t be had ends the start, with the metrics already open', () =>
  inFolder(async (place) => {
    mkdirSync(place.socket);
    await failsToStart(place, { metrics: '127.0.0.1:0' }, /can't listen/);
  }));

test('a port that another has ends the start', () =>
  inFolder(async (place) => {
    const other = createServer().listen(0, '127.0.0.1');
    try {
      await once(other, 'listening');
      const { port } = other.address() as AddressInfo;
      await failsToStart(place, { metrics: `127.0.0.1:${port}` }, /can't listen: .*see --metrics and --socket/);
    } finally {
      other.close();
    }
  }));

test('a state folder of somebody else ends the start', () =>
  inFolder((place) =>
    failsToStart(place, { 'state-dir': place.folder }, /--state-dir .* must be a folder of user 60932/),
  ));
