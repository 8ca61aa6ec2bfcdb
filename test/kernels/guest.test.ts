/** The guest is what the kernels level says it is. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { release } from 'node:os';
import { basename, join } from 'node:path';
import test from 'node:test';
import { theCommand } from '../docs/commands.ts';
import { runAll } from '../e2e/docs/run.ts';
import { hierarchies } from '../kernel/hierarchies.ts';
import { swapAreas, withSwap, withSwapOfOthers } from '../kernel/swap.ts';

test('the guest has pure cgroup v2 with the memory controller', () => {
  const host = hierarchies();
  assert.equal(host.version, 2);
  assert.match(readFileSync(`${host.memory}/cgroup.controllers`, 'utf8'), /\bmemory\b/);
});

for (const kind of ['zram', 'file'] as const) {
  test(`swap on ${kind} comes and goes`, async () => {
    await withSwap({ kind, bytes: 64 << 20 }, (swap) => assert.deepEqual(swapAreas(), [swap.path]));
    assert.deepEqual(swapAreas(), []);
  });
}

/** As a machine that has not loaded zram: modprobe(8), and the modules where it looks for them. */
function withoutZram(): NodeJS.ProcessEnv {
  const modules = join('/lib/modules', release());
  const programs = '/run/programs';
  for (const folder of [modules, programs]) mkdirSync(folder, { recursive: true });
  for (const file of globSync('/vm/m/*.ko')) symlinkSync(file, join(modules, basename(file)));
  symlinkSync('/vm/busybox', join(programs, 'modprobe'));
  for (const words of [['rmmod', 'zram'], ['depmod']]) execFileSync('/vm/busybox', words);
  return { ...process.env, PATH: `${programs}:${process.env['PATH']}` };
}

test('zram by hand as docs/swap.md says it is swap of 8 GiB that compresses with zstd', async () => {
  await withSwapOfOthers(async () => {
    const texts = ['modprobe zram', 'zramctl --find ', 'mkswap /dev/zram0 '];
    await runAll(
      texts.map((beginning) => theCommand('docs/swap.md', beginning)),
      withoutZram(),
    );
    assert.deepEqual(swapAreas(), ['/dev/zram0']);
    assert.equal(readFileSync('/sys/block/zram0/disksize', 'utf8').trim(), String(8 * 2 ** 30));
    assert.match(readFileSync('/sys/block/zram0/comp_algorithm', 'utf8'), /\[zstd\]/);
  });
});
