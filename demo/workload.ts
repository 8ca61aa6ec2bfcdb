/** About 1 GiB of mixed memory in the container, filled so that every page can be checked, with a heartbeat. */
import type { Driver, Region } from '../test/targets/driver.ts';

const MiB = 2 ** 20;

export interface Workload {
  readonly regions: readonly { readonly what: string; readonly region: Region; readonly checksum: string }[];
  /** Reads every page, as a request after a long pause would; milliseconds. */
  wake(): Promise<number>;
  /** Regions whose content is not what was written. */
  broken(): Promise<readonly string[]>;
}

export async function fill(target: Driver): Promise<Workload> {
  // Forked while it is small: the kernel pages out no page that two processes map.
  const forked = await target.anon(64 * MiB, 5);
  await target.forkDirty(forked);
  const made: [string, Region][] = [
    ['a heap of which a forked child has its own copy', forked],
    ['one large heap', await target.anon(512 * MiB, 1)],
    ['huge pages', await target.thp(192 * MiB, 2)],
    ['a smaller heap', await target.anon(128 * MiB, 3)],
    ['2,000 small mappings', await target.vmas(2000, 4)],
    ['shared memory (memfd), which the policy leaves alone', await target.memfd(16 * MiB, 'shared', 7)],
    ['locked memory, which stays', await target.anon(4 * MiB, 8)],
    ['a heap with a heartbeat', await target.anon(64 * MiB, 6)],
  ];
  await target.change('lock', made.at(-2)![1]);
  const regions: { what: string; region: Region; checksum: string }[] = [];
  for (const [what, region] of made) regions.push({ what, region, checksum: await target.checksum(region) });
  const beating = regions.at(-1)!.region;
  await target.startHeartbeat(beating, { offset: 0, length: MiB }, 500);
  return {
    regions,
    wake: async () => {
      const started = performance.now();
      for (const { region } of regions) await target.touch(region);
      return performance.now() - started;
    },
    broken: async () => {
      const broken: string[] = [];
      for (const { what, region, checksum } of regions)
        if ((await target.brokenPages(region)) > 0 || (await target.checksum(region)) !== checksum) broken.push(what);
      return broken;
    },
  };
}
