/** What the worker can still do after its start, read from /proc and tried with the very filter that it installs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { spawnWorker } from '../../../native/spawn.ts';

const sysPtrace = 1n << 19n;
const sysNice = 1n << 23n;
const dacReadSearch = 1n << 2n;
const none = 0n;
const worker = join(import.meta.dirname, '../../../native/worker');

function statusOf(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/, 2) as [string, string]));
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** The bounding set takes CAP_SETPCAP to shrink: what a container may get it keeps, and no_new_privs withholds. */
function assertConfined(pid: number, capabilities: bigint, bounding = [capabilities]): void {
  const status = statusOf(pid);
  for (const set of ['CapPrm', 'CapEff']) assert.equal(BigInt(`0x${status[set]}`), capabilities, set);
  assert.ok(bounding.includes(BigInt(`0x${status['CapBnd']}`)), status['CapBnd']);
  for (const set of ['CapInh', 'CapAmb']) assert.equal(BigInt(`0x${status[set]}`), none, set);
  assert.equal(status['NoNewPrivs'], '1');
  assert.equal(status['Seccomp'], '2');
  assert.equal(status['Threads'], '1');
}

for (const [flags, capabilities] of [
  [{}, sysPtrace | sysNice],
  [{ dacReadSearch: true }, sysPtrace | sysNice | dacReadSearch],
] as const)
  test(`supervisor and session hold exactly what was promised with ${JSON.stringify(flags)}`, async () => {
    const { worker, pid, exited } = await spawnWorker(flags);
    try {
      assert.equal(worker.hello.capabilities.length, 'dacReadSearch' in flags ? 3 : 2);
      const session = await worker.begin(null, ['observe']);
      const [child] = childrenOf(pid);
      assertConfined(pid, capabilities);
      assertConfined(child!, capabilities);
      await session.end();
      assert.deepEqual(childrenOf(pid), []);
    } finally {
      worker.close();
      await exited;
    }
  });

test('the reclaimer holds no capability at all, and the worker no more than before', async () => {
  const { worker, pid, exited } = await spawnWorker({ reclaim: true });
  try {
    assert.ok(worker.hello.features.includes('Reclaim'));
    const [reclaimer] = childrenOf(pid);
    assertConfined(reclaimer!, none, [none, sysPtrace | sysNice]);
    assertConfined(pid, sysPtrace | sysNice);
  } finally {
    worker.close();
    await exited;
  }
});

test('the worker leaves no core and takes all descriptors it may', async () => {
  const { worker, pid, exited } = await spawnWorker();
  try {
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    assert.match(limits, /Max core file size\s+0\s+0/);
    const [, soft, hard] = /Max open files\s+(\d+)\s+(\d+)/.exec(limits)!;
    assert.equal(soft, hard);
  } finally {
    worker.close();
    await exited;
  }
});

/** What the filter must let through; everything else that the program tries has to answer EPERM. */
const allowed = new Set([
  'openat:read',
  'openat:directory',
  'kcmp:vm',
  'advise:COLD',
  'advise:PAGEOUT',
  'advise:WILLNEED',
  'fork',
  'child:unshare',
  'socketpair:stream',
  'sendto:pair',
]);
const special: Readonly<Record<string, readonly number[]>> = {
  clone3: [38], // ENOSYS, so that libc falls back to clone
  'sendto:elsewhere': [106], // EISCONN
  'sendmsg:elsewhere': [106],
  i386: [31, 11], // SIGSYS; SIGSEGV where the kernel has no such calls
};

test('every call that the worker has no need of is refused by its filter', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-confined-'));
  try {
    const program = join(folder, 'confined');
    const sources = [join(import.meta.dirname, 'confined.c'), join(worker, 'confine.c'), join(worker, 'seccomp.c')];
    execFileSync('gcc', ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-static', '-o', program, ...sources]);
    const lines = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    assert.ok(lines.length > 60, `${lines.length} calls tried`);
    for (const line of lines) {
      const [name, errno] = line.split(' ') as [string, string];
      const wanted = special[name] ?? [allowed.has(name) ? 0 : 1];
      assert.ok(wanted.includes(Number(errno)), `${name}: ${errno}, not ${wanted}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
