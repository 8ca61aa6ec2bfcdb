/**
 * Which policy a pod follows, and why none of the others: asked of the operator's own rules (operator/select.ts), so that
 * the answer is what the operator would plan. Pure.
 */
import { escapeText } from '../../../api/escape.ts';
import type { Reason } from '../../../api/reasons.ts';
import type { Candidate } from '../../../operator/candidate.ts';
import { Candidates, type Surroundings } from '../../../operator/candidates.ts';
import { findingsText, limitOf, objectKey, type PolicyObject } from '../../../operator/policy-object.ts';
import { keyOf } from '../../../operator/precedence.ts';
import { select, type Verdict } from '../../../operator/select.ts';
import { selectorMatches } from '../../../operator/selectors.ts';
import type { Namespace, Node, Pod, Policy, TextMap } from '../../../operator/snapshot.ts';
import { StagedPolicies } from '../../../operator/staged-policies.ts';
import { whyFirst } from '../../../operator/standing.ts';
import { meaningOf } from '../text.ts';

export interface Question {
  readonly pod: Pod;
  readonly node: Node;
  /** null: not known. */
  readonly namespace: Namespace | null;
  readonly policies: readonly PolicyObject[];
  readonly limits: readonly PolicyObject[];
  readonly ebbNamespace: string;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

export type Outcome = 'Follows' | 'Overridden' | 'Refused' | 'NotSelected' | 'Invalid';

export interface Judged {
  readonly kind: string;
  /** "shop/idle-web", or "ebb-default" of a cluster policy. */
  readonly policy: string;
  readonly mode: string | null;
  readonly priority: number | null;
  readonly outcome: Outcome;
  readonly reason: Reason | null;
  readonly words: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly around: Surroundings;
  /** Of the pod's namespace, and of the cluster; whom the pod follows comes first. */
  readonly policies: readonly Judged[];
}

export function judge(question: Question): Judgement {
  const { pod, node, ebbNamespace } = question;
  const mine = question.policies.filter(({ namespace }) => namespace === null || namespace === pod.namespace);
  const { candidates, staged } = candidatesOf(question, mine);
  const around = candidates.around(pod.namespace, node);
  const verdict = select({ pod, around, ownNamespace: ebbNamespace, duplicate: false });
  const policies = mine.map((object) =>
    judgedOf(object, staged.get(object.uid) ?? null, { question, around, verdict }),
  );
  return { verdict, around, policies: policies.sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome)) };
}

const order: readonly Outcome[] = ['Follows', 'Overridden', 'Refused', 'NotSelected', 'Invalid'];

function candidatesOf({ pod, namespace, limits, now }: Question, mine: readonly PolicyObject[]) {
  const candidates = new Candidates();
  const stages = new StagedPolicies();
  const staged = new Map<string, Policy>();
  candidates.setNamespace(pod.namespace, namespace);
  for (const object of mine) {
    // Without nodes a roll-out stays where its status says that it is.
    const { policy } = stages.take(object, { now, nodes: [] });
    candidates.setPolicy(objectKey(object), policy);
    if (policy) staged.set(object.uid, policy);
  }
  for (const object of limits) candidates.setLimit(object.name, limitOf(object));
  return { candidates, staged };
}

interface Context {
  readonly question: Question;
  readonly around: Surroundings;
  readonly verdict: Verdict;
}

type Said = Pick<Judged, 'outcome' | 'reason' | 'words'>;

function judgedOf(object: PolicyObject, policy: Policy | null, context: Context): Judged {
  const about = { kind: object.kind, policy: objectKey(object) };
  if (policy === null) return { ...about, mode: null, priority: null, ...invalid(object) };
  const { mode, priority } = policy.spec;
  return { ...about, mode, priority, ...saidOf(policy, context) };
}

function invalid({ read }: PolicyObject): Said {
  const words = 'findings' in read ? findingsText(read.findings) : meaningOf('Invalid');
  return { outcome: 'Invalid', reason: 'Invalid', words };
}

function saidOf(policy: Policy, { question, around, verdict }: Context): Said {
  const key = keyOf(policy);
  const isThis = (one: Candidate): boolean => one.key === key;
  const { winner, overridden, refused } = verdict;
  if (winner && isThis(winner)) return { outcome: 'Follows', reason: winner.note, words: followsWords(winner) };
  const refusal = refused.find(({ by }) => isThis(by));
  if (refusal) return { outcome: 'Refused', reason: refusal.reason, words: meaningOf(refusal.reason) };
  if (winner && overridden.some(isThis)) {
    const words = `${winner.key} comes first: ${whyFirst(policy, winner.policy, false)}`;
    return { outcome: 'Overridden', reason: 'Overridden', words };
  }
  return { outcome: 'NotSelected', reason: null, words: notSelectedWords(policy, question, around) };
}

function followsWords({ note }: Candidate): string {
  return note === null ? 'the pod follows it' : `the pod follows what held before: ${meaningOf(note)}`;
}

function notSelectedWords(policy: Policy, { pod, node, namespace }: Question, around: Surroundings): string {
  const wide = policy.namespace === null ? policy.spec : null;
  const asked: readonly (readonly [string, Parameters<typeof selectorMatches>[0], string, TextMap])[] = [
    ['spec.namespaceSelector', wide?.namespaceSelector, 'namespace', namespace?.labels ?? {}],
    ['spec.nodeSelector', wide?.nodeSelector, 'node', node.labels],
    ['spec.podSelector', policy.spec.podSelector, 'pod', pod.labels],
  ];
  const missed = asked.filter(([, selector, , labels]) => !selectorMatches(selector)(labels));
  if (missed.length > 0)
    return missed
      .map(([field, , what, labels]) => `${field} does not match the ${what} (${labelsText(labels)})`)
      .join('; ');
  return around.policies.length === 0 ? meaningOf('NoPolicy') : meaningOf('RollingOut');
}

const maxLabels = 8;

function labelsText(labels: TextMap): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (pairs.length === 0) return 'no labels';
  return escapeText(`${pairs.slice(0, maxLabels).join(', ')}${pairs.length > maxLabels ? ', …' : ''}`, 400);
}
