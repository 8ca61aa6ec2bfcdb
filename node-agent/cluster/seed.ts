/**
 * What the agent before this one reported in the status of the same object: sums go on from there, and what it paged out is
 * remembered. Any version may have written it: what can't be read counts as absent. Pure.
 */
import type { Condition } from '../../api/conditions.ts';

export interface Totals {
  readonly reclaimedBytes: number;
  readonly refaultedBytes: number;
  readonly netByteSeconds: bigint;
}

export const noTotals: Totals = { reclaimedBytes: 0, refaultedBytes: 0, netByteSeconds: 0n };

export interface Seed {
  /** By the UID of the policy. */
  readonly totals: ReadonlyMap<string, Totals>;
  /** "podUID/name" of containers whose last advice was PageOut. */
  readonly pagedOut: ReadonlySet<string>;
  readonly conditions: readonly Pick<Condition, 'type' | 'status' | 'lastTransitionTime'>[];
}

export const noSeed: Seed = { totals: new Map(), pagedOut: new Set(), conditions: [] };

export function seedOf(status: unknown): Seed {
  return {
    totals: new Map(rows(status, 'policies').flatMap(totalsOf)),
    pagedOut: new Set(
      rows(status, 'containers')
        .filter(({ lastAdvice }) => lastAdvice === 'PageOut')
        .map(({ podUID, name }) => `${podUID}/${name}`),
    ),
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

function conditionOf({ type, status, lastTransitionTime }: Fields): Seed['conditions'] {
  const known = typeof type === 'string' && ['True', 'False', 'Unknown'].includes(String(status));
  if (!known || typeof lastTransitionTime !== 'string') return [];
  return [{ type, status: status as Condition['status'], lastTransitionTime }];
}
