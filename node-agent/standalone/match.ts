/**
 * Which policy a container follows where no API server says so. Pure: policies as loaded and a container as discovered
 * in; one profile, or the reason why none, out. docs/decisions/0002-standalone-selection.md has the rules.
 */
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import { selectsEverything } from '../../api/selector.ts';
import type { StandalonePolicy } from '../../api/standalone.ts';
import type { Container, QoSClass } from '../observe/container.ts';
import { matchesCgroup } from './cgroup-pattern.ts';

/** A profile, and what its policy says about whom it is for. */
export interface SelectingProfile {
  readonly profile: Profile;
  readonly selects: Selection;
}

export interface Selection {
  /** What is named outright; null where the policy selects pods. */
  readonly named: { readonly cgroups: readonly string[]; readonly containerIDs: readonly string[] } | null;
  /** {} was written: every pod container, as far as the namespace allows. */
  readonly everyPod: boolean;
  readonly namespace: string | null;
  readonly qosClasses: readonly QoSClass[];
  /** qosClasses was left out, so what has no class is meant too. */
  readonly withoutQoSClass: boolean;
  readonly criticalPods: 'Exclude' | 'Include';
  readonly include: readonly string[] | null;
  readonly exclude: readonly string[] | null;
}

/** A container, with what a CRI socket may know beyond the cgroup tree. */
export type Selectable = Pick<Container, 'cgroup' | 'id' | 'podUID' | 'qosClass'> & {
  readonly name?: string | null;
  readonly namespace?: string | null;
};

export interface Refused {
  readonly profile: string;
  readonly reason: Reason;
}

export interface Selected {
  readonly profile: Profile | null;
  /** Why no profile; null where there is one. */
  readonly reason: Reason | null;
  /** Policies that select the container too and come later, each told who won. */
  readonly overridden: readonly { readonly profile: string; readonly by: string }[];
  /** Policies that mean the container and yet don't take it. */
  readonly refused: readonly Refused[];
}

/** `profiles` in the order of their files: where the priority is the same, the earlier one counts as the older. */
export function selectProfile(profiles: readonly SelectingProfile[], container: Selectable): Selected {
  const ordered = profiles.toSorted((a, b) => a.profile.priority - b.profile.priority);
  const judged = ordered.map((each) => ({ profile: each.profile, verdict: judge(each.selects, container) }));
  const taking = judged.filter(({ verdict }) => verdict === 'Selected').map(({ profile }) => profile);
  const refused = judged.flatMap(({ profile, verdict }) => refusal(profile, verdict));
  const winner = taking[0];
  if (!winner) return { profile: null, reason: refused[0]?.reason ?? 'NoPolicy', overridden: [], refused };
  const overridden = taking.slice(1).map(({ name }) => ({ profile: name, by: winner.name }));
  return { profile: winner, reason: null, overridden, refused };
}

/** Cgroups that are no containers and that discovery has to look for. */
export function cgroupPatterns(profiles: readonly SelectingProfile[]): string[] {
  return [...new Set(profiles.flatMap(({ selects }) => selects.named?.cgroups ?? []))];
}

export function selectionOf(policy: StandalonePolicy): Selection {
  const { spec, metadata } = policy;
  const { standalone } = spec;
  return {
    named: standalone
      ? { cgroups: standalone.cgroups ?? [], containerIDs: (standalone.containerIDs ?? []).map(withoutScheme) }
      : null,
    everyPod: spec.podSelector !== undefined && selectsEverything(spec.podSelector),
    namespace: metadata.namespace ?? null,
    qosClasses: spec.qosClasses ?? ['Burstable', 'BestEffort'],
    withoutQoSClass: spec.qosClasses === undefined,
    criticalPods: spec.criticalPods,
    include: spec.containers.include ?? null,
    exclude: spec.containers.exclude ?? null,
  };
}

type Verdict = 'Selected' | 'NotMeant' | Reason;

function judge(selects: Selection, container: Selectable): Verdict {
  return (
    notMeant(selects, container) ??
    critical(selects, container) ??
    otherQoSClass(selects, container) ??
    otherName(selects, container) ??
    'Selected'
  );
}

function notMeant(selects: Selection, container: Selectable): Verdict | null {
  if (selects.named) return isNamed(selects.named, container) ? null : 'NotMeant';
  if (container.podUID === null) return 'NotMeant';
  if (!selects.everyPod) return 'NeedsCluster';
  if (selects.namespace === null || container.namespace === selects.namespace) return null;
  return container.namespace == null ? 'NeedsCluster' : 'NotMeant';
}

/** A static pod's cgroup is named by the hash of its manifest: 32 digits without dashes. */
function critical(selects: Selection, container: Selectable): Reason | null {
  const isStatic = container.podUID !== null && /^[0-9a-f]{32}$/.test(container.podUID);
  return isStatic && selects.criticalPods === 'Exclude' ? 'CriticalPod' : null;
}

function otherQoSClass(selects: Selection, container: Selectable): Reason | null {
  const { qosClass } = container;
  const selected = qosClass === null ? selects.withoutQoSClass : selects.qosClasses.includes(qosClass);
  return selected ? null : 'QoSClassNotSelected';
}

/** A name that isn't known could be the excluded one: left alone. What is in no pod has no name to exclude. */
function otherName(selects: Selection, container: Selectable): Reason | null {
  const { include, exclude } = selects;
  const name = container.name ?? null;
  const included = include === null || (name !== null && include.includes(name));
  const excluded = exclude !== null && (name === null ? container.podUID !== null : exclude.includes(name));
  return included && !excluded ? null : 'ContainerNotSelected';
}

function isNamed(named: NonNullable<Selection['named']>, container: Selectable): boolean {
  const { id, cgroup } = container;
  return (
    (id !== null && named.containerIDs.some((wanted) => matchesID(wanted, id))) ||
    named.cgroups.some((pattern) => matchesCgroup(pattern, cgroup))
  );
}

function matchesID(wanted: string, id: string): boolean {
  return wanted === id || (/^[0-9a-f]{8,}$/.test(wanted) && id.startsWith(wanted));
}

/** kubectl shows "containerd://4f1e…". */
function withoutScheme(id: string): string {
  return id.replace(/^[a-z][a-z-]*:\/\//, '');
}

function refusal(profile: Profile, verdict: Verdict): Refused[] {
  return verdict === 'Selected' || verdict === 'NotMeant' ? [] : [{ profile: profile.name, reason: verdict }];
}
