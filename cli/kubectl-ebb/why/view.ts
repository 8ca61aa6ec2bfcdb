/** Why a pod's containers are as they are, from the object of its node: state, reason, what holds the next step back. Pure. */
import type { ContainerStatus } from '../../../api/node-status.ts';
import { conditionOf, hearing, type NodeView } from '../node-view.ts';
import type { Judged } from '../policies/judge.ts';
import { meaningOf } from '../text.ts';

export interface WhyView {
  readonly pod: { readonly namespace: string; readonly name: string; readonly node: string };
  /** null: none, so nothing is done. */
  readonly policy: FollowedPolicy | null;
  /** Of the whole node: what holds everything on it up. */
  readonly node: NodeReasons;
  readonly containers: readonly WhyContainer[];
  /** Where no policy has it: why each of them does not take it; null: that may not be seen. */
  readonly notTaken: readonly Judged[] | null;
}

interface FollowedPolicy {
  readonly kind: string;
  readonly name: string;
  readonly mode: string;
  readonly limits: readonly string[];
}

interface NodeReasons {
  readonly heard: 'heard' | 'silent' | 'not yet' | 'no object';
  readonly reportTime: string | null;
  /** Whether the agent follows the spec as it is now. */
  readonly current: boolean;
  /** Why the node is paused, and why its agent does not follow. */
  readonly reasons: readonly { readonly reason: string; readonly meaning: string; readonly message: string }[];
}

export interface WhyContainer {
  readonly name: string;
  /** "Unknown" where the object does not tell. */
  readonly state: string;
  readonly reason: string | null;
  readonly meaning: string;
  readonly since: string | null;
  readonly residentBytes: number | null;
  readonly swappedBytes: number | null;
  readonly swapLimitBytes: number | null;
  readonly peakResidentBytes: number | null;
  /** Under DryRun: what Enforce would have put into swap since it is idle. */
  readonly wouldReclaimBytes: number | null;
  readonly lastAdvice: string | null;
  readonly lastAdviceTime: string | null;
  readonly blocker: NonNullable<ContainerStatus['blocker']> | null;
}

export interface Asked {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  /** null: the pod was not read, only what the node's object says of it. */
  readonly uid: string | null;
}

export function whyView(asked: Asked, node: NodeView | null, notTaken: readonly Judged[] | null, now: number): WhyView {
  const listed = node?.pods.find((pod) => isAsked(pod, asked)) ?? null;
  const policy = listed && node ? (node.policies.get(listed.profile) ?? null) : null;
  return {
    pod: { namespace: asked.namespace, name: asked.name, node: asked.node },
    policy: policy && { kind: policy.kind, name: policy.policy, mode: policy.mode, limits: policy.limits },
    node: nodeReasons(node, now),
    containers: listed && node ? listed.containers.map(({ name }) => containerOf(listed.uid, name, node, now)) : [],
    notTaken: listed ? [] : notTaken,
  };
}

/** A pod that was replaced has the same name and another UID. */
export function isAsked(pod: { uid: string; namespace: string; name: string }, asked: Asked): boolean {
  if (asked.uid !== null) return pod.uid === asked.uid;
  return pod.namespace === asked.namespace && pod.name === asked.name;
}

function nodeReasons(node: NodeView | null, now: number): NodeReasons {
  if (node === null) {
    const none = [{ reason: 'NoSpec', meaning: meaningOf('NoSpec'), message: '' }];
    return { heard: 'no object', reportTime: null, current: false, reasons: none };
  }
  const heard = hearing(node, now);
  const ready = conditionOf(node, 'Ready');
  const told = (reason: string, message = '') => ({ reason, meaning: meaningOf(reason), message });
  return {
    heard,
    reportTime: node.status.reportTime ?? null,
    current: isCurrent(node),
    reasons: [
      ...(heard === 'silent' ? [told('AgentSilent')] : []),
      ...(heard === 'not yet' ? [told('NoReports')] : []),
      ...node.paused.map((reason) => told(reason)),
      ...(heard === 'heard' && ready?.status === 'False' ? [told(ready.reason, ready.message)] : []),
      ...node.unreadable.map((message) => told('MalformedSpec', message)),
    ],
  };
}

const isCurrent = ({ status, generation }: NodeView): boolean => (status.observedGeneration ?? -1) >= generation;

function containerOf(podUID: string, name: string, node: NodeView, now: number): WhyContainer {
  const said = node.status.containers?.find((one) => one.podUID === podUID && one.name === name);
  if (!said) return { ...nothingSaid, name, ...unlisted(node, now) };
  return {
    name,
    state: said.state,
    reason: said.reason ?? null,
    meaning: said.reason === undefined ? '' : meaningOf(said.reason),
    since: said.since ?? null,
    residentBytes: said.anonBytes ?? null,
    swappedBytes: said.swapBytes ?? null,
    swapLimitBytes: said.swapLimitBytes ?? null,
    peakResidentBytes: said.peakResidentBytes ?? null,
    wouldReclaimBytes: said.wouldReclaimBytes ?? null,
    lastAdvice: said.lastAdvice ?? null,
    lastAdviceTime: said.lastAdviceTime ?? null,
    blocker: said.blocker ?? null,
  };
}

const nothingSaid = {
  reason: null,
  since: null,
  residentBytes: null,
  swappedBytes: null,
  swapLimitBytes: null,
  peakResidentBytes: null,
  wouldReclaimBytes: null,
  lastAdvice: null,
  lastAdviceTime: null,
  blocker: null,
};

/** An agent lists those that are not Active. */
function unlisted(node: NodeView, now: number): Pick<WhyContainer, 'state' | 'meaning'> {
  const omitted = node.status.omittedContainers ?? 0;
  if (hearing(node, now) !== 'heard') return { state: 'Unknown', meaning: 'the agent of the node has not said' };
  if (!isCurrent(node)) return { state: 'Unknown', meaning: 'the agent has not reported on the newest spec yet' };
  if (omitted > 0)
    return { state: 'Unknown', meaning: `Active, or one of ${omitted} that found no room in the report` };
  return { state: 'Active', meaning: 'in use, or not watched for long enough yet' };
}
