/**
 * The status that a policy or limit should have, from what stands there and what is so now; and whether the difference is
 * worth a write. Pure; reports.ts writes it.
 */
import type { LimitStatus, PolicyStatus } from '../api/policy-status.ts';
import { conditionList, limitConditionsOf, policyConditionsOf } from './conditions.ts';
import { figuresOf } from './figures.ts';
import { inForce } from './in-force.ts';
import type { NodeReport } from './node-report.ts';
import { objectKey, type PolicyObject } from './policy-object.ts';
import { byText } from './precedence.ts';
import { type Fields, fieldsOf, listAt, sumAt, textAt } from './raw.ts';
import type { Overview } from './situation.ts';
import { nothingCounted } from './tally.ts';
import {
  fold,
  hasReached,
  neverLess,
  prune,
  reached,
  takeOver,
  totalsIn,
  type Vanished,
  vanishedIn,
  vanishedStatus,
} from './vanished.ts';

export interface Before {
  /** As the API server has it. */
  readonly status: unknown;
  /** Nodes' objects that are gone, or about to go, and count until what they reached is folded in. */
  readonly going: readonly NodeReport[];
  /** Nothing was written since everything was listed. */
  readonly isFirst: boolean;
}

export type AnyStatus = (PolicyStatus | LimitStatus) & { readonly rollout?: unknown };

export function policyStatusOf(object: PolicyObject, before: Before, overview: Overview, now: Date): AnyStatus {
  const { uid, generation } = object;
  const reports = overview.reports.get(uid) ?? [];
  const tally = overview.situation.plan.policies.get(objectKey(object)) ?? nothingCounted;
  const { vanished, totals } = totalsOf(uid, reports, before, overview);
  const rollout = overview.situation.rollouts.get(uid)?.status ?? fieldsOf(before.status)['rollout'];
  return {
    observedGeneration: generation,
    conditions: conditionList(policyConditionsOf(object, overview, now.getTime()), before.status, generation, now),
    effective: inForce(object, overview, now.getTime()),
    matchedPods: Math.min(maxCount, tally.matchedPods),
    overriddenPods: Math.min(maxCount, tally.overriddenPods),
    ...figuresOf(uid, reports, totals, now.getTime()),
    ...(vanished && { vanished }),
    ...(rollout !== undefined && { rollout }),
  };
}

export function limitStatusOf(object: PolicyObject, { status }: Before, overview: Overview, now: Date): AnyStatus {
  return {
    observedGeneration: object.generation,
    conditions: conditionList(limitConditionsOf(object), status, object.generation, now),
    matchedPods: Math.min(maxCount, overview.situation.plan.limits.get(object.name) ?? 0),
  };
}

const maxCount = 10_000_000;

function totalsOf(uid: string, reports: readonly NodeReport[], { status, going, isFirst }: Before, { live }: Overview) {
  const written = totalsIn(status);
  const left = going.filter((report) => hasReached(uid, report));
  const byUID = new Map([...left, ...reports].map((report) => [report.uid, report]));
  const isLeft = (object: string): boolean => live.has(object) || left.some((report) => report.uid === object);
  const kept = prune(vanishedIn(status), isLeft);
  const folded = fold(kept, uid, left);
  const vanished = isFirst ? takeOver(folded, written, reached(uid, folded, byUID.values())) : folded;
  const totals = neverLess(written, reached(uid, vanished, byUID.values()));
  const isAny = fieldsOf(status)['vanished'] !== undefined || isSomething(vanished);
  return { totals, vanished: isAny ? vanishedStatus(vanished) : null };
}

function isSomething({ totals, objects }: Vanished): boolean {
  return objects.size > 0 || Object.values(totals).some((sum) => sum !== 0n);
}

/** Those that change all the time: alone they are written now and then only. */
const figures: ReadonlySet<string> = new Set([
  'idleContainers',
  'residentBytes',
  'swappedBytes',
  'netByteSeconds',
  'reclaimedBytesTotal',
  'refaultedBytesTotal',
  'wouldReclaimBytes',
  'summary',
  'topPods',
  'vanished',
]);

/** Of fields that are not in `after` nothing is said: others may have put them there. */
export function changeOf(before: unknown, after: AnyStatus): 'Nothing' | 'Figures' | 'More' {
  const there = { ...fieldsOf(before), conditions: ownConditions(before, after) };
  const differs = Object.entries(after).filter(
    ([name, value]) => textOf(name, there) !== textOf(name, { [name]: value }),
  );
  if (differs.length === 0) return 'Nothing';
  return differs.every(([name]) => figures.has(name)) ? 'Figures' : 'More';
}

/** In the order of ours: a list that is told apart by type may hold those of others between them. */
function ownConditions(before: unknown, { conditions = [] }: AnyStatus): unknown[] {
  const there = new Map(listAt(before, 'conditions').map((one) => [textAt(one, 'type'), one]));
  return conditions.flatMap(({ type }) => there.get(type) ?? []);
}

/** The same text for equal values: quantities by value, fields in one order. */
function textOf(name: string, status: Fields): string {
  return JSON.stringify(ordered(name, status[name])) ?? '';
}

function ordered(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => ordered('', one));
  if (typeof value !== 'object' || value === null)
    return isSum.test(name) ? String(sumAt({ value }, 'value') ?? value) : value;
  const entries = Object.entries(value).sort(([a], [b]) => byText(a, b));
  return entries.map(([key, one]) => [key, ordered(key, one)]);
}

const isSum = /Bytes(Total)?$|ByteSeconds$/;
