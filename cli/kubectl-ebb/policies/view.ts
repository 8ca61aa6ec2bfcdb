/** The answer of `policies`: who means the pod, who wins, what the limits make of it, and whether its node has it. Pure. */

import type { NodeProfile } from '../../../api/node-profile.ts';
import { formatQuantity } from '../../../api/quantity.ts';
import type { Reason } from '../../../api/reasons.ts';
import { tighten } from '../../../operator/bounds.ts';
import type { CandidateLimit } from '../../../operator/candidates.ts';
import { mayEnforce, Profiles, rulesOf } from '../../../operator/profiles.ts';
import type { NodeView } from '../node-view.ts';
import { type Judged, judge, type Question } from './judge.ts';

export interface PoliciesView {
  readonly pod: { readonly namespace: string; readonly name: string; readonly node: string };
  /** null: none takes the pod. */
  readonly follows: string | null;
  /** Why none; null where there is one. */
  readonly reason: Reason | null;
  /** What is in force after limits and the namespace's label. */
  readonly mode: string | null;
  /** Why it does less than the policy says. */
  readonly notes: readonly Reason[];
  /** Those that the policy is for. */
  readonly containers: readonly string[];
  readonly policies: readonly Judged[];
  readonly limits: readonly LimitView[];
  /** The resolved rules, as the node's object holds them. */
  readonly rules: NodeProfile | null;
  /** Whether the node's object says so already; null: it can't be seen. */
  readonly programmed: boolean | null;
}

export interface LimitView {
  readonly limit: string;
  readonly matches: boolean;
  readonly tightens: readonly Tightened[];
  readonly words: string;
}

export interface Tightened {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** `node`: the object of the pod's node; null where there is none, undefined where it can't be seen. */
export function policiesView(question: Question, node: NodeView | null | undefined): PoliciesView {
  const { pod } = question;
  const { verdict, around, policies } = judge(question);
  const { winner } = verdict;
  const allowed = winner ? mayEnforce(winner.policy, around.namespace) : false;
  const resolved = winner ? new Profiles().of(winner, around.limits, allowed) : null;
  const rules = winner ? rulesOf(winner.policy) : null;
  return {
    pod: { namespace: pod.namespace, name: pod.name, node: question.node.name },
    follows: winner?.key ?? null,
    reason: verdict.reason,
    mode: resolved?.profile.mode ?? null,
    notes: [...(resolved?.notes ?? []), ...(verdict.note === null ? [] : [verdict.note])],
    containers: verdict.containers.map(({ name }) => name),
    policies,
    limits: question.limits.map(({ name }) => limitView(name, around.limits, rules)),
    rules: resolved?.profile ?? null,
    programmed: node === undefined ? null : isProgrammed(question, winner?.key ?? null, node),
  };
}

function limitView(
  name: string,
  matching: readonly CandidateLimit[],
  rules: ReturnType<typeof rulesOf> | null,
): LimitView {
  const found = matching.find(({ limit }) => limit.name === name);
  if (!found)
    return { limit: name, matches: false, tightens: [], words: 'its namespaceSelector or nodeSelector does not match' };
  const tightens = rules === null ? [] : differences(rules, tighten(rules, found.limit.spec), '');
  return { limit: name, matches: true, tightens, words: limitWords(found, tightens) };
}

function limitWords({ limit, budget }: CandidateLimit, tightens: readonly Tightened[]): string {
  if (limit.spec === null) return 'it can’t be read, so nothing goes further than DryRun';
  const shared = [
    ...Object.entries(budget.node ?? {}).map(([field, value]) => [`node.${field}`, value] as const),
    ['namespace.maxSwappedBytesPerNode', budget.maxSwappedBytes] as const,
  ].filter(([, value]) => value !== undefined && value !== null);
  const parts = [
    ...tightens.map(({ field, from, to }) => `${field} ${shown(field, from)} becomes ${shown(field, to)}`),
    ...shared.map(([field, value]) => `${field} ${shown(field, value)}, shared`),
  ];
  return parts.join('; ') || 'tightens nothing here';
}

const shown = (field: string, value: unknown): string =>
  /Bytes/.test(field) && typeof value === 'number' ? formatQuantity(value) : JSON.stringify(value);

function differences(from: unknown, to: unknown, path: string): Tightened[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  const bothMaps = [from, to].every((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (!bothMaps) return [{ field: path, from, to }];
  const [before, after] = [from, to] as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys({ ...before, ...after }).flatMap((key) =>
    differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
  );
}

function isProgrammed({ pod }: Question, follows: string | null, node: NodeView | null): boolean {
  const entry = node?.pods.find(({ uid }) => uid === pod.uid);
  if (follows === null || !entry) return follows === null && !entry;
  return node?.policies.get(entry.profile)?.policy === follows;
}
