/** One process that has every kind of memory: each is advised exactly where that is allowed, and every byte accounted for. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import type { PassOutcome } from '../../../node-agent/act/pass.ts';
import { type Region, Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { withSwap } from '../swap.ts';
import { withHugePages } from './huge-pages.ts';
import { mappedBytes, rollup } from './maps.ts';
import { advise, assertWhole, mebibyte, skippedBytes, withWorker } from './passes.ts';

const zram = { kind: 'zram', bytes: 1024 * mebibyte } as const;
const size = 4 * mebibyte;
const vmas = 50_000;

type Memory = Readonly<Record<keyof Awaited<ReturnType<typeof fill>>['regions'], Region>>;

/** What is made before the fork is shared with the child, but for what is marked not to be. */
async function fill(target: Target, file: string) {
  const forked = await target.anon(size, 1);
  const dontfork = await target.anon(size, 2);
  await target.change('dontfork', dontfork);
  const child = target.outerPid((await target.fork())[0]!);
  const locked = await target.anon(size, 3);
  await target.change('lock', locked);
  const partLocked = await target.anon(4 * size, 4);
  await target.change('lock', partLocked, { offset: size, length: size });
  const holed = await target.anon(3 * size, 5);
  const closed = await target.anon(size, 6);
  await target.change('protnone', closed);
  const uffd = await target.anon(size, 7);
  await target.change('uffd', uffd);
  const regions = {
    ...{ forked, dontfork, locked, partLocked, holed, closed, uffd },
    plain: await target.anon(2 * size, 8),
    guard: await target.guard(size),
    thp: await target.thp(4 * size, 9),
    vmas: await target.vmas(vmas, 10),
    shared: await target.shared(size, 11),
    memfd: await target.memfd(size, 'shared', 12),
    memfdPrivate: await target.memfd(size, 'private', 13),
    hugetlb: await target.hugetlb(size, 14),
    file: await target.file(size, file),
  };
  // Last, or a later mapping would fill the hole.
  await target.change('unmap', holed, { offset: size, length: size });
  return { child, regions };
}

/** What can be read, each with its part that is mapped. */
function readable(memory: Memory) {
  const { guard: _, closed: __, holed, ...whole } = memory;
  const parts = Object.values(whole).map((region) => ({ region, offset: 0, length: region.end - region.start }));
  const around = [0, 2 * size].map((offset) => ({ region: holed, offset, length: size }));
  return [...parts, ...around];
}

async function checksums(target: Target, memory: Memory): Promise<string[]> {
  const sums: string[] = [];
  await target.change('protrw', memory.closed);
  for (const { region, ...part } of readable(memory)) sums.push(await target.checksum(region, part));
  sums.push(await target.checksum(memory.closed));
  await target.change('protnone', memory.closed);
  return sums;
}

async function assertOut(target: Target, region: Region, bytes: number, name: string): Promise<void> {
  assert.deepEqual(await target.pages(region), { presentBytes: 0, swappedBytes: bytes }, name);
}

async function assertResident(target: Target, region: Region, name: string): Promise<void> {
  assert.deepEqual(await target.pages(region), { presentBytes: region.end - region.start, swappedBytes: 0 }, name);
}

/** After a page-out of private anonymous memory only. */
async function assertPrivateOut(target: Target, memory: Memory): Promise<void> {
  const out = ['plain', 'dontfork', 'uffd', 'closed', 'thp', 'vmas'] as const;
  for (const name of out) await assertOut(target, memory[name], memory[name].end - memory[name].start, name);
  await assertOut(target, memory.holed, 2 * size, 'around the hole');
  const { presentBytes, swappedBytes } = await target.pages(memory.partLocked);
  assert.deepEqual([presentBytes, swappedBytes], [size, 3 * size], 'locked in part');
  const locked = await target.pages(memory.partLocked, { offset: size, length: size });
  assert.equal(locked.presentBytes, size, 'the locked part');
  for (const name of ['forked', 'locked', 'file', 'hugetlb'] as const) await assertResident(target, memory[name], name);
}

function assertSkips(outcome: PassOutcome, pid: number, shared: boolean): void {
  const [one] = outcome.processes;
  const mapped = mappedBytes(pid);
  assert.equal(one!.mappedBytes, mapped.all);
  const { FileMapping, SpecialMapping, HugeTLB, SharedMapping, Unadvisable } = Object.fromEntries(
    one!.skipped.map(({ reason, bytes }) => [reason, bytes]),
  );
  assert.deepEqual(
    { FileMapping, SpecialMapping, HugeTLB, SharedMapping, Unadvisable },
    {
      FileMapping: mapped.file,
      SpecialMapping: mapped.special,
      HugeTLB: mapped.hugetlb,
      SharedMapping: shared ? undefined : mapped.shared,
      Unadvisable: 2 * size,
    },
  );
  assert.ok(skippedBytes(one!, 'NothingResident') >= size, 'the empty guard');
  const named = ['FileMapping', 'SpecialMapping', 'HugeTLB', 'SharedMapping', 'Unadvisable', 'NothingResident'];
  const others = one!.skipped.filter(({ reason }) => !named.includes(reason));
  assert.deepEqual(others, [], 'nothing else is left out');
}

test('every kind of memory is advised exactly where allowed, each byte accounted for, and its content kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-act-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await withHugePages(2, () =>
    withSwap(zram, () =>
      withCgroup('kinds', {}, (cgroup) =>
        withWorker(async (worker) => {
          await using target = await Target.start({ cgroup });
          const { child, regions } = await fill(target, join(folder, 'mapped'));
          assert.ok(rollup(target.pid, 'AnonHugePages') >= 3 * size, 'there are huge pages to page out');
          const before = await checksums(target, regions);
          const pids = [target.pid, child];

          const anonymous = await advise(worker, cgroup, pids);
          assertWhole(anonymous);
          assertSkips(anonymous, target.pid, false);
          await assertPrivateOut(target, regions);
          for (const name of ['shared', 'memfd', 'memfdPrivate'] as const)
            await assertResident(target, regions[name], name);

          const all = await advise(worker, cgroup, pids, { kinds: ['Anonymous', 'Shared'] });
          assertWhole(all);
          assertSkips(all, target.pid, true);
          await assertPrivateOut(target, regions);
          await assertOut(target, regions.memfdPrivate, size, 'memfdPrivate');
          // Page tables remember no swap entry of shared memory: gone from there, its RssShmem gone too, is out.
          for (const name of ['shared', 'memfd'] as const) await assertOut(target, regions[name], 0, name);
          assert.ok((await target.memory()).rssShmemBytes < size);

          assert.deepEqual(await checksums(target, regions), before, 'after the page-out');
          assertWhole(await advise(worker, cgroup, pids, { kinds: ['Anonymous', 'Shared'] }));
          const back = await advise(worker, cgroup, pids, { advice: 'WillNeed', kinds: ['Anonymous', 'Shared'] });
          assertWhole(back);
          assert.deepEqual(await checksums(target, regions), before, 'after the wake');
        }),
      ),
    ),
  );
});
