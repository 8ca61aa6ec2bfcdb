/** Advice that the kernel refuses for another process, or that would destroy, can't be sent by any way. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import test from 'node:test';
import { Connection } from '../../../native/connection.ts';
import { encodeAdvise, encodeBegin, encodeHandle, encodeTargets } from '../../../native/encode.ts';
import * as layout from '../../../native/layout.ts';
import { frameTypes } from '../../../native/names.ts';
import { workerPath } from '../../../native/spawn.ts';
import { Target } from '../../targets/target.ts';
import { probeShape } from '../../unit/cli/shapes.ts';
import { policy } from '../agent/policy.ts';
import { ebb } from '../cli/ebb.ts';
import { mebibyte } from './passes.ts';

const size = 4 * mebibyte;
const limits = {
  advice: 'Cold',
  maxStallMicros: 2000,
  bytesPerSecond: 0,
  deadlineMicros: 0,
  firstChunkBytes: 0,
} as const;

/** Of madvise(2): what destroys, what changes how memory is treated, what is refused, and numbers that mean nothing. */
const others = [0, 1, 2, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 22, 23, 24, 26, 100, 101, 102, 103, 2 ** 31];

test('ebb probe names Mergeable and Unmergeable as refused, asked of a child of its own', async () => {
  const said = await ebb(['probe', '--json']);
  assert.equal(said.code, 0, said.err);
  const { advice } = probeShape.parse(JSON.parse(said.out));
  const accepted = new Map(advice.map(({ name, accepted, error }) => [name, accepted ? null : error]));
  assert.deepEqual(Object.fromEntries(accepted), {
    ...{ Cold: null, PageOut: null, WillNeed: null, Collapse: null },
    ...{ Mergeable: 'EINVAL', Unmergeable: 'EINVAL' },
  });
});

test('neither the command line nor a policy takes such an advice', async (t) => {
  await using target = await Target.start();
  for (const advice of ['mergeable', 'Mergeable', 'unmergeable', 'dontneed', 'free', '12']) {
    const said = await ebb(['advise', '--pid', target.pid, '--advice', advice]);
    assert.equal(said.code, 2, said.err);
    assert.match(said.err, /cold, pageout, willneed/);
  }
  const folder = mkdtempSync(join(tmpdir(), 'ebb-refused-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'bad.yaml');
  writeFileSync(file, policy('/x', { steps: [{ advice: 'Mergeable', afterIdleSeconds: 1 }] }));
  const said = await ebb(['policy', 'check', file]);
  assert.equal(said.code, 1, said.err);
  assert.match(said.out + said.err, /spec\.steps\[0\]\.advice.*Mergeable|Mergeable.*spec\.steps\[0\]\.advice/s);
});

/** proc_pid_smaps(5): "mg" mergeable, "hg" and "nh" huge pages, "wf" and "dc" what a fork does, and others. */
const flagsOf = (pid: number) => readFileSync(`/proc/${pid}/smaps`, 'utf8').match(/^VmFlags:.*$/gm);

test('the worker refuses every other advice as AdviceUnsupported before it reaches the target', async () => {
  await using target = await Target.start();
  const region = await target.anon(size);
  const flags = flagsOf(target.pid);
  const child = spawn(workerPath, ['--fd', '3'], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const gone = once(child, 'exit');
  const connection = new Connection(child.stdio[3] as unknown as Duplex);
  try {
    const session = connection.addSession(() => undefined);
    const call = (what: string, type: number, body: Uint8Array) => connection.request({ what, type, session, body });
    await call('begin', frameTypes.begin, encodeBegin(null, ['observe', 'advise'], 0));
    await call('open', frameTypes.open, encodeTargets([{ pid: target.pid, startTicks: 0 }]));
    await call('list', frameTypes.list, encodeHandle(0));
    const body = encodeAdvise(0, limits, [region]);
    const at = layout.handle.size + layout.adviseLimits.at.advice;
    for (const advice of others) {
      new DataView(body.buffer, body.byteOffset).setUint32(at, advice, true);
      await assert.rejects(call(`advise ${advice}`, frameTypes.advise, body), { code: 'AdviceUnsupported' });
    }
  } finally {
    connection.close();
    await gone;
  }
  assert.equal(await target.brokenPages(region), 0);
  assert.deepEqual(flagsOf(target.pid), flags, 'no mapping is treated in another way');
});
