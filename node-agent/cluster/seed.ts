/**
 * What the agent before this one reported in the status of the same object: sums go on from there, and so does what it did to
 * containers. Any version may have written it: what can't be read counts as absent. Pure.
 */
import type { Condition } from '../../api/conditions.ts';
import type { ContainerStatus } from '../../api/node-status.ts';
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
  /** Of containers, as they were reported. */
  readonly rows: readonly ContainerStatus[];
  /** By "podUID/name", those that were advised. */
  readonly containers: ReadonlyMap<string, Before>;
  readonly conditions: readonly Pick<Condition, 'type' | 'status' | 'lastTransitionTime'>[];
}

export const noSeed: Seed = { totals: new Map(), rows: [], containers: new Map(), conditions: [] };

export function seedOf(status: unknown): Seed {
  const containers = rows(status, 'containers');
  const reported = moment((status as Fields | null | undefined)?.['reportTime']);
  return {
    totals: new Map(rows(status, 'policies').flatMap(totalsOf)),
    // The API server took them by its schema, and will again, with fields that only a newer version knows, too.
    rows: containers as readonly Fields[] as readonly ContainerStatus[],
    containers: new Map(containers.flatMap((row) => beforeOf(row, reported))),
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

function beforeOf(fields: Fields, reported: number): [string, Before][] {
  const { podUID, name, lastAdvice: advice } = fields;
  if (advice !== 'Cold' && advice !== 'PageOut' && advice !== 'WillNeed') return [];
  const time = moment(fields['lastAdviceTime']);
  const since = moment(fields['since']);
  const advisedAt = time || (advice === 'PageOut' ? since || reported : Number.NaN);
  if (Number.isNaN(advisedAt)) return [];
  return [
    [
      `${podUID}/${name}`,
      {
        advice,
        advisedAt,
        out: !Number.isNaN(time) && isOut(fields),
        since: since || advisedAt,
        swapBytes: count(fields['swapBytes']),
        peakResidentBytes: count(fields['peakResidentBytes']),
      },
    ],
  ];
}

/** A DryRun shows the same states, and what it would have moved. A Cold after a page-out brings nothing back. */
const isOut = ({ state, lastAdvice, swapBytes, wouldReclaimBytes }: Fields): boolean =>
  wouldReclaimBytes === undefined && state === 'PagedOut' && lastAdvice !== 'WillNeed' && count(swapBytes) > 0;

const moment = (value: unknown): number => (typeof value === 'string' ? Date.parse(value) : Number.NaN);

function conditionOf({ type, status, lastTransitionTime }: Fields): Seed['conditions'] {
  const known = typeof type === 'string' && ['True', 'False', 'Unknown'].includes(String(status));
  if (!known || typeof lastTransitionTime !== 'string') return [];
  return [{ type, status: status as Condition['status'], lastTransitionTime }];
}
