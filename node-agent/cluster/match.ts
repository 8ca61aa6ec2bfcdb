/**
 * Which policy a container follows where the node's object says it: the pods of its spec, joined by pod UID and container ID
 * with what was discovered. Pure.
 */
import type { DecodedNodeSpec } from '../../api/decode-node.ts';
import type { NodePod, NodeSpec } from '../../api/node-spec.ts';
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { Before } from '../decide/resume.ts';
import type { SwapLimits } from '../decide/swap-bounds.ts';
import type { Container } from '../observe/container.ts';
import type { Policies } from '../source.ts';
import { findingsText } from './following.ts';
import { leftover } from './leftover.ts';

/** The agent runs at most so many passes that page out at the same time (passes.ts). */
const passesAtOnce = 2;

/** `spec` null: nothing is followed. `before`: by "podUID/name", of agents before this one. */
export function policiesOf(
  spec: DecodedNodeSpec | null,
  generation: number,
  before: ReadonlyMap<string, Before>,
): Policies {
  const rules = new Map(
    spec?.profiles.map(({ profile, sources }): [string, Rule] => [
      profile.name,
      { profile: tightened(profile, spec.limits), policyUID: sources[0]!.uid },
    ]),
  );
  const refused = new Map(spec?.refused.map((one) => [one.name, one.sources[0] ?? '']));
  const pods = Map.groupBy(spec?.pods ?? [], ({ uid, cgroupUID }) => cgroupUID ?? uid);
  return {
    profiles: [...rules.values()].map(({ profile }) => profile),
    leftover: tightened(leftover, spec?.limits),
    generation,
    cgroups: [],
    errors: spec?.refused.map(({ name, findings }) => `profile ${name}: ${findingsText(findings)}`) ?? [],
    swapLimits: swapLimitsOf(spec?.limits),
    errorOf: () => null,
    select: (container) => {
      const found = placeOf(pods, container);
      if (typeof found === 'string') return { profile: null, reason: found, namespace: namespaceOf(pods, container) };
      const { pod, name } = found;
      const rule = rules.get(pod.profile);
      const policyUID = rule?.policyUID ?? refused.get(pod.profile) ?? '';
      const { uid: podUID, name: podName, namespace } = pod;
      const told = before.get(`${podUID}/${name}`) ?? null;
      const inPod = { policyUID, podUID, podName, namespace, name, before: told };
      if (rule === undefined) return { profile: null, reason: 'Unsupported', pod: inPod, namespace };
      const declaredIdle = pod.declaredIdle ?? null;
      return { profile: rule.profile, reason: null, declaredIdle, pod: inPod, namespace };
    },
  };
}

interface Rule {
  readonly profile: Profile;
  readonly policyUID: string;
}

interface Place {
  readonly pod: NodePod;
  readonly name: string;
}

/** The spec holds the start of an ID. Two pods under one UID can't be told apart. */
function placeOf(pods: ReadonlyMap<string, readonly NodePod[]>, { podUID, id }: Container): Place | Reason {
  if (podUID === null || id === null) return 'NoPolicy';
  const [pod, second] = pods.get(podUID) ?? [];
  if (second !== undefined) return 'DuplicateUID';
  const name = pod?.containers.find((one) => id.startsWith(one.id))?.name;
  return pod === undefined || name === undefined ? 'NoPolicy' : { pod, name };
}

/** Containers of a pod that the policy does not mean have memory in swap all the same. */
const namespaceOf = (pods: ReadonlyMap<string, readonly NodePod[]>, { podUID }: Container): string | null =>
  pods.get(podUID ?? '')?.[0]?.namespace ?? null;

/** Of two limits for one namespace the lower holds. */
function swapLimitsOf(limits: NodeSpec['limits']): SwapLimits {
  const namespaces = new Map<string, number>();
  for (const { name, maxSwappedBytes } of limits?.namespaces ?? [])
    namespaces.set(name, Math.min(maxSwappedBytes, namespaces.get(name) ?? Number.POSITIVE_INFINITY));
  return { writeBytesPerDay: limits?.maxSwapWriteBytesPerDay ?? null, namespaces };
}

/** What the node's limits ask of each policy. */
function tightened(profile: Profile, limits: NodeSpec['limits']): Profile {
  const { maxBytesPerSecond = Number.POSITIVE_INFINITY, minSwapFreePercent = 0 } = limits ?? {};
  const share = Math.max(1, Math.floor(maxBytesPerSecond / passesAtOnce));
  const { guards } = profile;
  return {
    ...profile,
    limits: { ...profile.limits, maxBytesPerSecond: Math.min(profile.limits.maxBytesPerSecond, share) },
    guards: { ...guards, swapMinFreePercent: Math.max(guards.swapMinFreePercent, minSwapFreePercent) },
  };
}
