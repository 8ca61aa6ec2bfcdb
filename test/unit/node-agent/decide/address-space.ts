/** Address spaces for the tests of planning: made by hand or arbitrary, as the worker lists them. */
import fc from 'fast-check';
import type { MappingTable, PageCounts, Range } from '../../../../native/worker.ts';
import { mappingKind } from '../../../../node-agent/decide/mapping-kinds.ts';

export const page = 4096;
export const kib = 1024;
export const mib = 1024 * kib;

export interface Mapping extends Range {
  readonly kind: number;
}

export const tableOf = (mappings: readonly Mapping[]): MappingTable => ({
  count: mappings.length,
  starts: Float64Array.from(mappings, (mapping) => mapping.start),
  ends: Float64Array.from(mappings, (mapping) => mapping.end),
  kindBits: Uint32Array.from(mappings, (mapping) => mapping.kind | 0x300),
});

/** Mappings one after another from 1 MiB on: [kind, bytes, gap before it]. */
export function layOut(parts: readonly (readonly [keyof typeof mappingKind, number, number?])[]): Mapping[] {
  let next = mib;
  return parts.map(([kind, bytes, gap]) => {
    const start = next + (gap ?? 0);
    next = start + bytes;
    return { start, end: next, kind: mappingKind[kind] };
  });
}

const part = fc.record({
  kind: fc.integer({ min: 0, max: 9 }),
  pages: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 1500 }) },
    { weight: 1, arbitrary: fc.integer({ min: 15_000, max: 60_000 }) },
  ),
  gapPages: fc.constantFrom(0, 0, 0, 1, 700),
});

export const anyMappings: fc.Arbitrary<Mapping[]> = fc.array(part, { maxLength: 30 }).map((parts) => {
  let next = mib;
  return parts.map(({ kind, pages, gapPages }) => {
    const start = next + gapPages * page;
    next = start + pages * page;
    return { start, end: next, kind };
  });
});

/** Counts that fit the ranges, from a list of numbers as long as anyone likes. */
export const countsFor = (ranges: readonly Range[], dice: readonly number[]): PageCounts[] =>
  ranges.map(({ start, end }, i) => {
    const pages = (end - start) / page;
    const present = ((dice[i % dice.length] ?? 0) * 7 + i) % (pages + 1);
    const swapped = ((dice[(i * 3 + 1) % dice.length] ?? 0) * 5 + i) % (pages - present + 1);
    return { presentBytes: present * page, swappedBytes: swapped * page };
  });

/** Arbitrary ranges around the addresses that anyMappings uses; may overlap, may be unaligned. */
export const anyRange: fc.Arbitrary<Range & { readonly at: number }> = fc
  .record({
    start: fc.integer({ min: 0, max: 200 * mib }),
    length: fc.integer({ min: 1, max: 4 * mib }),
    at: fc.nat(1000),
  })
  .map(({ start, length, at }) => ({ start, end: start + length, at }));

export const totalBytes = (list: readonly { readonly bytes: number }[]): number =>
  list.reduce((sum, { bytes }) => sum + bytes, 0);
