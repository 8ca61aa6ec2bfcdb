/**
 * First half of planning an advice: which mappings of a process may be advised at all. Reads the mapping table, gives
 * ranges whose pages the worker then counts, for choose.ts to choose from. One pass over columns.
 */
import type { Reason } from '../../api/reasons.ts';
import type { MappingTable, Range } from '../../native/worker.ts';
import { kindMask, mappingKind } from './mapping-kinds.ts';
import { type Skip, SkipAccount } from './skips.ts';

export interface RangeRules {
  readonly kinds: readonly ('Anonymous' | 'Shared')[];
  /** Floor for a run of candidate mappings that touch each other. */
  readonly minRangeBytes: number;
}

export interface Candidates {
  /** In address order, each inside one mapping; a large mapping is cut into several. */
  readonly ranges: readonly Range[];
  readonly skipped: readonly Skip[];
  /** Always the bytes of ranges and skipped together. */
  readonly mappedBytes: number;
}

const kinds = 8;
/** Pages are counted range by range: finer ranges tell better where in a large mapping they are. */
const partBytes = 64 * 1024 * 1024;
/** Of one mapping: a reservation of terabytes is not worth more. */
const mostParts = 64;
const hugePageBytes = 2 * 1024 * 1024;

/** Why a mapping kind is left out, by kind number; null: it is a candidate. A kind unknown here is the kernel's own. */
function refusals(rules: RangeRules): readonly (Reason | null)[] {
  const table: (Reason | null)[] = Array.from({ length: kinds }, () => 'SpecialMapping' as const);
  const anonymous = rules.kinds.includes('Anonymous') ? null : 'AnonymousMapping';
  table[mappingKind.anonymous] = anonymous;
  table[mappingKind.heap] = anonymous;
  table[mappingKind.stack] = anonymous;
  table[mappingKind.shared] = rules.kinds.includes('Shared') ? null : 'SharedMapping';
  table[mappingKind.file] = 'FileMapping';
  table[mappingKind.hugetlb] = 'HugeTLB';
  return table;
}

export function candidateRanges(table: MappingTable, rules: RangeRules): Candidates {
  const why = refusals(rules);
  const skippedBytes = new Float64Array(kinds);
  const ranges: Range[] = [];
  const run = { first: 0, bytes: 0, end: -1 };
  let belowFloor = 0;
  let mappedBytes = 0;
  let last = 0;
  const endRun = (): void => {
    if (run.bytes < rules.minRangeBytes) {
      belowFloor += run.bytes;
      ranges.length = run.first;
    }
  };
  for (let i = 0; i < table.count; i += 1) {
    // A maps file read while the address space changes may name an address twice: the first line counts.
    const start = Math.max(table.starts[i]!, last);
    const end = table.ends[i]!;
    if (end <= start) continue;
    last = end;
    mappedBytes += end - start;
    const kind = Math.min(table.kindBits[i]! & kindMask, kinds) % kinds;
    if (why[kind] !== null) {
      skippedBytes[kind]! += end - start;
      continue;
    }
    if (start !== run.end) {
      endRun();
      run.first = ranges.length;
      run.bytes = 0;
    }
    run.bytes += end - start;
    run.end = end;
    if (end - start <= partBytes) ranges.push({ start, end });
    else cutLarge(ranges, start, end);
  }
  endRun();
  return { ranges, skipped: account(why, skippedBytes, belowFloor), mappedBytes };
}

/** Cut where huge pages end, so that none of them is split by its advice. */
function cutLarge(ranges: Range[], start: number, end: number): void {
  const step = Math.max(partBytes, Math.ceil((end - start) / mostParts / hugePageBytes) * hugePageBytes);
  let from = start;
  while (from < end) {
    const to = Math.min(end, Math.floor((from + step) / hugePageBytes) * hugePageBytes);
    ranges.push({ start: from, end: to });
    from = to;
  }
}

function account(why: readonly (Reason | null)[], bytes: Float64Array, belowFloor: number): readonly Skip[] {
  const skipped = new SkipAccount();
  for (const [kind, reason] of why.entries()) if (reason !== null) skipped.add(reason, bytes[kind]!);
  skipped.add('BelowMinRange', belowFloor);
  return skipped.list();
}
