/**
 * Which policy a pod follows, and for which of its containers: what keeps every policy away, what keeps one, and who
 * comes first. Pure; candidates.ts gives the policies in their order, node-plan.ts takes the verdict.
 */
import type { Reason } from '../api/reasons.ts';
import { declaredIdle, optedOutContainers, optOut } from './annotations.ts';
import type { Candidate } from './candidate.ts';
import type { Surroundings } from './candidates.ts';
import type { Container, Pod } from './snapshot.ts';

export interface Verdict {
  /** Whom the pod follows, whole. */
  readonly winner: Candidate | null;
  /** Why nobody; null where there is a winner. */
  readonly reason: Reason | null;
  /** Those that the winner is for, whether started or not. */
  readonly containers: readonly Container[];
  readonly declaredIdle: boolean | undefined;
  /** Policies that would take the pod too and come later: each is told of the winner. */
  readonly overridden: readonly Candidate[];
  /** Policies whose selector means the pod and that yet don't take it. */
  readonly refused: readonly Refused[];
  /** Said beside a winner; changes who wins in nothing. */
  readonly note: Reason | null;
}

export interface Refused {
  readonly by: Candidate;
  readonly reason: Reason;
}

export interface Question {
  readonly pod: Pod;
  readonly around: Surroundings;
  readonly ownNamespace: string;
  /** Another pod of the node claims the same UID. */
  readonly duplicate: boolean;
}

export function select(question: Question): Verdict {
  const { pod, around } = question;
  const meaning = around.policies.filter(({ pods }) => pods(pod.labels));
  const open = openContainers(pod);
  const forAll = firstOf(podChecks, question, open);
  if (forAll !== null) return nobody(forAll, refusedBy(meaning, forAll));
  const taking: Candidate[] = [];
  const refused: Refused[] = [];
  for (const by of meaning) {
    const reason = refusal(by, question, open ?? []);
    if (reason === null) taking.push(by);
    else refused.push({ by, reason });
  }
  refused.push(...waitingFor(question, open ?? [], taking));
  const winner = taking[0];
  if (!winner) return nobody(refused[0]?.reason ?? 'NoPolicy', refused);
  const { idle, note } = declaredIdle(pod.annotations);
  const containers = (open ?? []).filter((each) => isMeant(winner, each));
  return { winner, reason: null, containers, declaredIdle: idle, overridden: taking.slice(1), refused, note };
}

/** Policies that will take the pod once their roll-out reaches the node, and that nothing stands for until then. */
function waitingFor(question: Question, open: readonly Container[], taking: readonly Candidate[]): Refused[] {
  const { pod, around } = question;
  return around.waiting
    .filter(({ key }) => !taking.some((each) => each.key === key))
    .filter((by) => by.pods(pod.labels) && refusal(by, question, open) === null)
    .map((by) => ({ by, reason: 'RollingOut' }));
}

function refusedBy(candidates: readonly Candidate[], reason: Reason): Refused[] {
  return candidates.map((by) => ({ by, reason }));
}

function nobody(reason: Reason, refused: readonly Refused[]): Verdict {
  return { winner: null, reason, containers: [], declaredIdle: undefined, overridden: [], refused, note: null };
}

type PodCheck = (question: Question, open: readonly Container[] | null) => Reason | null;

const finished: PodCheck = ({ pod }) => (pod.finished ? 'Finished' : null);
const terminating: PodCheck = ({ pod }) => (pod.terminating ? 'Terminating' : null);
const unknownNamespace: PodCheck = ({ around }) => (around.namespace === null ? 'UnknownNamespace' : null);
const podOptOut: PodCheck = ({ pod }) => optOut(pod.annotations);
const namespaceOptOut: PodCheck = ({ around }) => optOut(around.namespace?.annotations ?? {});
const everyContainerOut: PodCheck = ({ pod }, open) => {
  if (open === null) return 'MalformedAnnotation';
  return open.length === 0 && pod.containers.some(isAdvisable) ? 'OptedOut' : null;
};
const duplicateUID: PodCheck = ({ duplicate }) => (duplicate ? 'DuplicateUID' : null);

/** What keeps every policy away, in the order in which it is told. */
const podChecks: readonly PodCheck[] = [
  finished,
  terminating,
  unknownNamespace,
  podOptOut,
  namespaceOptOut,
  everyContainerOut,
  duplicateUID,
];

function firstOf(checks: readonly PodCheck[], question: Question, open: readonly Container[] | null): Reason | null {
  for (const check of checks) {
    const reason = check(question, open);
    if (reason !== null) return reason;
  }
  return null;
}

/** Init containers are gone before the pod is idle, debug containers are somebody's work. */
function isAdvisable({ kind }: Container): boolean {
  return kind === 'App' || kind === 'Sidecar';
}

/** null: the annotation can't be told. */
function openContainers(pod: Pod): Container[] | null {
  const names = optedOutContainers(pod.annotations);
  return names === null ? null : pod.containers.filter((each) => isAdvisable(each) && !names.has(each.name));
}

/** Why this policy does not take the pod that its selector means. */
function refusal(by: Candidate, { pod, ownNamespace }: Question, open: readonly Container[]): Reason | null {
  if (by.policy.spec.criticalPods === 'Exclude' && isCritical(pod, ownNamespace)) return 'CriticalPod';
  if (pod.qosClass === null || !by.qosClasses.has(pod.qosClass)) return 'QoSClassNotSelected';
  return open.some((each) => isMeant(by, each)) ? null : 'ContainerNotSelected';
}

function isMeant({ include, exclude }: Candidate, { name }: Container): boolean {
  return (include?.has(name) ?? true) && !exclude.has(name);
}

/** "system-" is reserved: nobody else can make a class of that name. */
function isCritical(pod: Pod, ownNamespace: string): boolean {
  return (
    pod.mirrorOf !== null ||
    pod.priorityClassName?.startsWith('system-') === true ||
    pod.namespace === 'kube-system' ||
    pod.namespace === ownNamespace
  );
}
