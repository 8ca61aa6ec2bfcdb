/**
 * The worker under the AppArmor profile of the chart: it advises who has no profile, opens nobody's memory, and reaches those
 * with a profile only where that one says so. Debian's kernels have AppArmor; not every machine that tests run on.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnWorker } from '../../native/spawn.ts';
import type { Session } from '../../native/worker.ts';
import { hasProgram } from '../../scripts/programs.ts';
import { callIn, childrenOf } from '../kernel/privilege/tools.ts';
import { Target } from '../targets/target.ts';

const root = join(import.meta.dirname, '../..');
const worker = realpathSync(join(root, 'native/build/ebb-worker'));
const security = '/sys/kernel/security';
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

function obstacle(): string | false {
  const file = '/sys/module/apparmor/parameters/enabled';
  if (!existsSync(file) || readFileSync(file, 'utf8').trim() !== 'Y') return 'this kernel has no AppArmor';
  return hasProgram('apparmor_parser') ? false : 'no apparmor_parser: apt-get install apparmor';
}
const skip = obstacle();

const own = readFileSync(join(root, 'charts/ebb/apparmor/ebb-worker'), 'utf8');
/** As containerd gives it to containers, in what matters here. */
const targetProfile = (name: string, rule: string): string =>
  `abi <abi/3.0>,\nprofile ${name} flags=(attach_disconnected) {\n file,\n signal,\n ptrace (trace, read) peer=${name},\n ${rule}\n}\n`;

let mounted = false;
let folder: string;
before(() => {
  if (skip !== false) return;
  folder = mkdtempSync(join(tmpdir(), 'ebb-apparmor-'));
  chmodSync(folder, 0o755);
  mounted = !existsSync(join(security, 'apparmor'));
  if (mounted) execFileSync('mount', ['-t', 'securityfs', 'securityfs', security]);
  load('--replace', own.replace('/ebb-worker mr,', `${worker} mr,`));
  load('--replace', targetProfile('ebb-test-closed', ''));
  load('--replace', targetProfile('ebb-test-open', 'ptrace (readby) peer=ebb-worker,'));
});
after(() => {
  if (skip !== false) return;
  for (const name of ['ebb-worker', 'ebb-test-closed', 'ebb-test-open']) load('--remove', `profile ${name} {}\n`);
  if (mounted) execFileSync('umount', [security]);
  rmSync(folder, { recursive: true });
});

function load(how: '--replace' | '--remove', text: string): void {
  execFileSync('apparmor_parser', [how, '--skip-cache'], { input: text, env });
}

/** A program that becomes another one under a profile, with the arguments it is given. */
function under(profile: string, program: string): string {
  const path = join(folder, profile);
  writeFileSync(path, `#!/bin/sh\nprintf 'exec ${profile}' >/proc/self/attr/exec\nexec ${program} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

async function withSession(use: (session: Session, pid: number) => Promise<void>): Promise<void> {
  const spawned = await spawnWorker({ path: under('ebb-worker', worker) });
  try {
    const session = await spawned.worker.begin(null, ['observe', 'advise']);
    session.ended.catch(() => undefined);
    const [child] = childrenOf(spawned.pid);
    assert.equal(readFileSync(`/proc/${child}/attr/current`, 'utf8').trim(), 'ebb-worker (enforce)');
    await use(session, child!);
  } finally {
    spawned.worker.close();
    await spawned.exited;
  }
}

const limits = { advice: 'Cold', maxStallMicros: 0, bytesPerSecond: 0, deadlineMicros: 0, firstChunkBytes: 0 } as const;

test('it advises a process without a profile, and can open its mappings and not its memory', { skip }, () =>
  withSession(async (session, pid) => {
    await using target = await Target.start();
    const region = await target.anon(1 << 20);
    const [opened] = await session.open([{ pid: target.pid, startTicks: 0 }]);
    assert.ok(opened!.ok, JSON.stringify(opened));
    assert.ok((await session.list(0)).count > 0);
    assert.equal((await session.advise(0, { ...limits, maxStallMicros: 2000 }, [region])).advisedBytes, 1 << 20);
    const open = (name: string, path: string) => ({ name, call: 'openat', arguments: [-100, path, 0] });
    const places = { maps: `/proc/${target.pid}/maps`, mem: `/proc/${target.pid}/mem`, file: '/etc/shadow' };
    const answers = await callIn(
      pid,
      Object.entries(places).map(([name, path]) => open(name, path)),
    );
    assert.ok(answers.get('maps')! >= 0);
    assert.deepEqual([answers.get('mem'), answers.get('file')], [-13, -13]);
  }),
);

async function startUnder(profile: string): Promise<ChildProcess> {
  const child = spawn(under(profile, '/bin/sleep'), ['1000'], { stdio: 'ignore' });
  const current = () => readFileSync(`/proc/${child.pid}/attr/current`, 'utf8');
  for (let tries = 0; !current().startsWith(profile); tries++) {
    assert.ok(tries < 200, current());
    await sleep(50);
  }
  return child;
}

/** How many mappings it sees of a process with this profile, or why none. */
async function seen(profile: string): Promise<string> {
  const child = await startUnder(profile);
  let said = '';
  try {
    await withSession(async (session) => {
      await session.open([{ pid: child.pid!, startTicks: 0 }]);
      const list = session.list(0).then(({ count }) => (count > 0 ? 'mappings' : 'none'));
      said = await list.catch((error: { code: string }) => error.code);
    });
  } finally {
    child.kill('SIGKILL');
  }
  return said;
}

test('a profile like containerd’s keeps it out, and one line in that profile lets it in', { skip }, async () => {
  assert.equal(await seen('ebb-test-closed'), 'PermissionDenied');
  assert.equal(await seen('ebb-test-open'), 'mappings');
});
