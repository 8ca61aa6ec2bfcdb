/**
 * The conditions of a policy or limit: what its owner must know, each with a reason (docs/reasons.md) and with words.
 * Pure; status.ts asks for them, events.ts compares them with those before.
 */

import type { Condition, PolicyCondition } from '../api/conditions.ts';
import { countText } from '../api/count.ts';
import { type Reason, reasons } from '../api/reasons.ts';
import { effective } from './effective.ts';
import { findingsText, objectKey, type PolicyObject, policyOf } from './policy-object.ts';
import { byText } from './precedence.ts';
import { listAt, textAt } from './raw.ts';
import { isProgrammed, type Overview } from './situation.ts';
import { standingOf } from './standing.ts';
import { nothingCounted, type PolicyTally } from './tally.ts';

export interface Said {
  readonly status: Condition['status'];
  /** One of Ebb's, or a word of an agent. */
  readonly reason: string;
  readonly message: string;
}

export type SaidOf = Readonly<Partial<Record<PolicyCondition, Said>>>;

export function policyConditionsOf(object: PolicyObject, overview: Overview, now: number): SaidOf {
  const policy = policyOf(object);
  if ('findings' in object.read || policy === null) return unread(object);
  const tally = overview.situation.plan.policies.get(objectKey(object)) ?? nothingCounted;
  return {
    Accepted: accepted(tally),
    Programmed: programmed(object, overview, tally),
    Overridden: overridden(standingOf(policy, tally, overview.policies)),
    Effective: effective(object.uid, overview.reports.get(object.uid) ?? [], now),
  };
}

export function limitConditionsOf(object: PolicyObject): SaidOf {
  const { Accepted } =
    'findings' in object.read ? unread(object) : { Accepted: said('True', 'Accepted', 'is understood') };
  const until = '; until then nothing that follows a policy goes further than DryRun';
  return { Accepted: Accepted!.status === 'True' ? Accepted! : { ...Accepted!, message: Accepted!.message + until } };
}

/** As the API has them. What stands there keeps its time where the status is the same. */
export function conditionList(saidOf: SaidOf, before: unknown, generation: number, now: Date): Condition[] {
  const kept = new Map(listAt(before, 'conditions').map((one) => [textAt(one, 'type'), one]));
  return Object.entries(saidOf).map(([type, { status, reason, message }]) => {
    const old = kept.get(type);
    const since = textAt(old, 'status') === status ? textAt(old, 'lastTransitionTime') : null;
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: since ?? `${now.toISOString().slice(0, 19)}Z`,
      reason,
      message: cut(message),
    };
  });
}

const maxMessage = 2048;
const cut = (text: string): string => (text.length > maxMessage ? `${text.slice(0, maxMessage - 1)}…` : text);

export function said(status: Condition['status'], reason: Reason, message: string): Said {
  return { status, reason, message };
}

function unread({ read }: PolicyObject): SaidOf {
  const findings = 'findings' in read ? read.findings : [];
  const message = 'its spec is not understood, so it is followed nowhere';
  return {
    Accepted: said('False', 'Invalid', findingsText(findings)),
    Programmed: said('False', 'Invalid', message),
    Overridden: said('False', 'Invalid', message),
    Effective: said('Unknown', 'Invalid', message),
  };
}

/** Those on which somebody must act: the first that is there becomes the reason. */
const calls: readonly Reason[] = ['EnforceNotAllowed', 'UnreadableLimit', 'MalformedAnnotation'];
/** They pass by themselves, or another condition tells them. */
const untold: readonly Reason[] = ['NotStarted', 'Terminating', 'Finished', 'NoRoom', 'Overridden'];

function accepted({ reasons: counted }: PolicyTally): Said {
  const reason = calls.find((each) => counted.has(each)) ?? 'Accepted';
  const told = [...counted].filter(([each]) => !untold.includes(each));
  told.sort(([a, some], [b, others]) => rank(a) - rank(b) || others - some || byText(a, b));
  const notes = told.map(([each, pods]) => `${each} for ${pods} of its pods (${reasons[each]})`);
  return said('True', reason, ['is understood', ...notes].join('; '));
}

const rank = (reason: Reason): number => (calls.includes(reason) ? calls.indexOf(reason) : calls.length);

function programmed(object: PolicyObject, overview: Overview, { reasons: counted }: PolicyTally): Said {
  const { unprogrammable, rollouts } = overview.situation;
  const wanted = overview.wanted.get(object.uid) ?? [];
  const byNode = new Map((overview.reports.get(object.uid) ?? []).map((report) => [report.node, report]));
  const have = wanted.filter((each) => isProgrammed(byNode.get(each.node), each, object)).length;
  const noRoom = counted.get('NoRoom');
  const note = noRoom === undefined ? '' : `; NoRoom for ${noRoom} of its pods (${reasons.NoRoom})`;
  const counts = `${have} of ${countText(wanted.length, 'nodes have', 'node has')} it${note}`;
  const refusal = unprogrammable.get(object.uid);
  if (refusal) return said('False', refusal.reason, `${refusal.message}; ${counts}`);
  // Nodes that it has yet to reach are not among those wanted: that all of these have it says nothing.
  const rollout = rollouts.get(object.uid);
  if (rollout?.halted) return said('False', 'RolloutHalted', `${rollout.halted.message}; ${counts}`);
  if (rollout && !rollout.done)
    return said('False', 'RollingOut', `${rollout.nodesPercent} % of the nodes are due; ${counts}`);
  if (noRoom !== undefined && have === wanted.length) return said('False', 'NoRoom', counts);
  if (have === wanted.length) return said('True', 'Programmed', wanted.length > 0 ? counts : 'no node has pods of it');
  return said('False', 'Pending', counts);
}

function overridden({ overridden: isSo, message }: { readonly overridden: boolean; readonly message: string }): Said {
  return isSo ? said('True', 'Overridden', message) : said('False', 'NotOverridden', message);
}
