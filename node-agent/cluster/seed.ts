/**
 * What the agent before this one reported in the status of the same object: sums go on from there, and so does what it did to
 * containers. Any version may have written it: what can't be read counts as absent. Pure.
 */
import type { Condition } from '../../api/conditions.ts';
import type { Depth } from '../decide/ladder-memory.ts';
import type { Before } from '../decide/resume.ts';

export interface Totals {
  readonly reclaimedBytes: number;
  readonly refaultedBytes: number;
  readonly netByteSeconds: bigint;
}

export const noTotals: Totals = { reclaimedBytes: 0, refaultedBytes: 0, netByteSeconds: 0n };

export interface Seed {
  /** By the UID of the policy. */
  readonly totals: ReadonlyMap<string, Totals>;
  /** By "podUID/name", those that were advised. */
  readonly containers: ReadonlyMap<string, Before>;
  readonly conditions: readonly Pick<Condition, 'type' | 'status' | 'lastTransitionTime'>[];
}

export const noSeed: Seed = { totals: new Map(), containers: new Map(), conditions: [] };

export function seedOf(status: unknown): Seed {
  return {
    totals: new Map(rows(status, 'policies').flatMap(totalsOf)),
    containers: new Map(rows(status, 'containers').flatMap(beforeOf)),
    conditions: rows(status, 'conditions').flatMap(conditionOf),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function rows(status: unknown, name: string): readonly Fields[] {
  const list = (status as Fields | null | undefined)?.[name];
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

function totalsOf({ uid, reclaimedBytesTotal, refaultedBytesTotal, netByteSeconds }: Fields): [string, Totals][] {
  if (typeof uid !== 'string') return [];
  return [
    [
      uid,
      {
        reclaimedBytes: count(reclaimedBytesTotal),
        refaultedBytes: count(refaultedBytesTotal),
        netByteSeconds: wholeNumber(netByteSeconds),
      },
    ],
  ];
}

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
const wholeNumber = (value: unknown): bigint =>
  typeof value === 'string' && /^-?\d{1,24}$/.test(value) ? BigInt(value) : 0n;

function beforeOf(fields: Fields): [string, Before][] {
  const { podUID, name, lastAdvice: advice } = fields;
  const advisedAt = moment(fields['lastAdviceTime']);
  if ((advice !== 'Cold' && advice !== 'PageOut' && advice !== 'WillNeed') || Number.isNaN(advisedAt)) return [];
  return [
    [
      `${podUID}/${name}`,
      {
        advice,
        advisedAt,
        depth: depthOf(fields),
        since: moment(fields['since']) || advisedAt,
        swapBytes: count(fields['swapBytes']),
        peakResidentBytes: count(fields['peakResidentBytes']),
      },
    ],
  ];
}

/** A DryRun shows the same states, and what it would have moved. */
function depthOf({ state, lastAdvice, swapBytes, wouldReclaimBytes }: Fields): Depth {
  if (wouldReclaimBytes !== undefined) return 'None';
  if (state === 'PagedOut' && lastAdvice === 'PageOut' && count(swapBytes) > 0) return 'PagedOut';
  return state === 'Cold' && lastAdvice === 'Cold' ? 'Cold' : 'None';
}

const moment = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);

function conditionOf({ type, status, lastTransitionTime }: Fields): Seed['conditions'] {
  const known = typeof type === 'string' && ['True', 'False', 'Unknown'].includes(String(status));
  if (!known || typeof lastTransitionTime !== 'string') return [];
  return [{ type, status: status as Condition['status'], lastTransitionTime }];
}
