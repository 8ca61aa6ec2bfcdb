/**
 * What of a node's plan the served CRD can carry. An older one refuses the whole object for one field or word that it does
 * not know, so that is left out, reason CRDOutdated: a profile whole, with the pods that follow it, or a pod whole. Pauses,
 * removals and all others flow on. A limit that can't be carried must not be passed: nothing goes further than DryRun. Pure.
 */
import { rootSchema } from '../api/crd.ts';
import { kinds } from '../api/kinds.ts';
import type { NodeProfile } from '../api/node-profile.ts';
import { type NodeSpec, nodeAdviceKind } from '../api/node-spec.ts';
import type { ServedCRD } from './crd-revision.ts';
import { faultText, type LeftOut, LeftOuts } from './left-out.ts';
import { covers } from './schema-covers.ts';
import { type Check, checkOf, type Fault, type ServedSchema } from './served-schema.ts';

export interface Carried {
  /** null: not even an empty plan can be carried, so the object stays as it is. */
  readonly spec: NodeSpec | null;
  /** One for each policy and effect. */
  readonly left: readonly LeftOut[];
  /** Why there is no spec. */
  readonly refused: string | null;
}

/** What is beside profiles and pods, as far as it can be carried. */
interface Outer {
  readonly fields: Partial<NodeSpec>;
  /** A limit is missing: nobody may act. */
  readonly unlimited: Fault | null;
  /** The node is paused, and can't be told: nobody may be asked for anything. */
  readonly unpaused: Fault | null;
}

/** What becomes of a profile, and why where that is not all of it. */
interface Fate {
  readonly profile: NodeProfile | null;
  readonly fault: Fault | null;
}

const unknown: ServedSchema = { type: 'object' };
const ownSpec: ServedSchema = rootSchema(kinds.find(({ kind }) => kind === nodeAdviceKind)!).properties!['spec']!;

/** One for each CRD as it is read. What it says of a profile or spec is kept for as long as that is. */
export class Carrier {
  /** Whether it can carry every plan: then it looks at none. */
  readonly whole: boolean;
  readonly #crd: ServedCRD;
  readonly #spec: Check;
  readonly #outer: Check;
  readonly #profile: Check;
  readonly #pod: Check;
  readonly #most: { readonly profiles: number; readonly pods: number };
  readonly #carried = new WeakMap<NodeSpec, Carried>();
  readonly #faults = new WeakMap<NodeProfile, { readonly fault: Fault | null }>();
  readonly #dryRuns = new WeakMap<NodeProfile, NodeProfile>();

  constructor(crd: ServedCRD) {
    const schema = crd.spec ?? unknown;
    const list = (name: string): ServedSchema => schema.properties?.[name] ?? unknown;
    this.whole = crd.spec !== null && covers(crd.spec, ownSpec);
    this.#crd = crd;
    this.#spec = checkOf(schema);
    this.#outer = checkOf({ ...schema, required: [] });
    this.#profile = checkOf(list('profiles').items ?? unknown);
    this.#pod = checkOf(list('pods').items ?? unknown);
    const most = (name: string): number => list(name).maxItems ?? Number.POSITIVE_INFINITY;
    this.#most = { profiles: most('profiles'), pods: most('pods') };
  }

  /** The spec itself where all of it can be carried. */
  carry(spec: NodeSpec): Carried {
    if (this.whole) return { spec, left: [], refused: null };
    const known = this.#carried.get(spec);
    if (known) return known;
    const carried = this.#spec(spec) === null ? { spec, left: [], refused: null } : this.#reduced(spec);
    this.#carried.set(spec, carried);
    return carried;
  }

  #reduced(spec: NodeSpec): Carried {
    const outer = this.#outerOf(spec);
    const fates = this.#fatesOf(spec.profiles, outer);
    const left = new LeftOuts(spec.profiles, this.#crd);
    const pods = this.#podsOf(spec, fates, left);
    const followed = new Set(pods.map(({ profile }) => profile));
    const profiles = [...fates.values()].flatMap(({ profile }) =>
      profile && followed.has(profile.name) ? profile : [],
    );
    const reduced: NodeSpec = { nodeUID: spec.nodeUID, ...outer.fields, profiles, pods };
    const fault = this.#spec(reduced);
    if (fault === null) return { spec: reduced, left: left.all, refused: null };
    return { spec: null, left: left.all, refused: faultText(fault, this.#crd) };
  }

  #outerOf({ profiles: _profiles, pods: _pods, ...all }: NodeSpec): Outer {
    const fields: Record<string, unknown> = {};
    const faults: Record<string, Fault> = {};
    for (const [name, value] of Object.entries(all)) {
      const fitting = (name === 'paused' ? pausesOf(all.paused!) : [value]).find(
        (each) => this.#fault(name, each) === null,
      );
      if (fitting !== undefined) fields[name] = fitting;
      else faults[name] = this.#fault(name, value)!;
    }
    const { paused: unpaused = null, omittedPods: _forPeople, ...limits } = faults;
    return { fields, unlimited: Object.values(limits)[0] ?? null, unpaused };
  }

  #fault(name: string, value: unknown): Fault | null {
    return this.#outer({ [name]: value });
  }

  #fatesOf(profiles: readonly NodeProfile[], outer: Outer): Map<string, Fate> {
    const fates = new Map<string, Fate>();
    let room = this.#most.profiles;
    for (const profile of profiles) {
      const fate = this.#fateOf(profile, outer);
      if (fate.profile !== null && room-- <= 0)
        fates.set(profile.name, { profile: null, fault: tooMany('profiles', this.#most) });
      else fates.set(profile.name, fate);
    }
    return fates;
  }

  #fateOf(profile: NodeProfile, { unlimited, unpaused }: Outer): Fate {
    const held = unlimited !== null && profile.mode === 'Enforce';
    const meant = held ? this.#dryRunOf(profile) : profile;
    const fault = unpaused ?? this.#faultOf(meant);
    return fault ? { profile: null, fault } : { profile: meant, fault: held ? unlimited : null };
  }

  #faultOf(profile: NodeProfile): Fault | null {
    const known = this.#faults.get(profile) ?? { fault: within(['profiles', '*'], this.#profile(profile)) };
    this.#faults.set(profile, known);
    return known.fault;
  }

  #dryRunOf(profile: NodeProfile): NodeProfile {
    const dryRun = this.#dryRuns.get(profile) ?? { ...profile, mode: 'DryRun' };
    this.#dryRuns.set(profile, dryRun);
    return dryRun;
  }

  #podsOf({ pods }: NodeSpec, fates: ReadonlyMap<string, Fate>, left: LeftOuts): NodeSpec['pods'] {
    const taken: NodeSpec['pods'] = [];
    for (const pod of pods) {
      const { profile, fault } = fates.get(pod.profile) ?? { profile: null, fault: null };
      const full = taken.length >= this.#most.pods ? tooMany('pods', this.#most) : null;
      const own = profile === null ? fault : (within(['pods', '*'], this.#pod(pod)) ?? full);
      if (profile !== null && own === null) taken.push(pod);
      if (own !== null) left.add(pod.profile, 'Omitted', own);
      else if (fault !== null) left.add(pod.profile, 'DryRun', fault);
    }
    return taken;
  }
}

/** From all reasons down to the word alone: what counts is that it is paused. */
function pausesOf({ reasons }: NonNullable<NodeSpec['paused']>): { readonly reasons: readonly string[] }[] {
  return [{ reasons }, ...reasons.map((reason) => ({ reasons: [reason] })), { reasons: ['Paused'] }];
}

function within(path: readonly PropertyKey[], fault: Fault | null): Fault | null {
  return fault && { ...fault, path: [...path, ...fault.path] };
}

function tooMany(name: 'profiles' | 'pods', most: Readonly<Record<typeof name, number>>): Fault {
  return { path: [name], value: undefined, allowed: `at most ${most[name]} items` };
}
