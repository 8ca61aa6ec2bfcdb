/**
 * How much of a node's plan its object has room for. Pods are taken in their order; one that no longer fits is left out
 * whole and counted, and so left alone by the agent. node-plan.ts calls it.
 */
import type { NodeProfile } from '../api/node-profile.ts';
import type { NodePod } from '../api/node-spec.ts';
import type { NodeLimits } from './budgets.ts';
import type { Resolved } from './profiles.ts';

/**
 * An object may have 256 KiB: 84 of them are left to the status that its agent writes, 4 to the metadata. 250 pods of 10
 * containers take 160 (test/unit/operator/fit.test.ts).
 */
export const maxSpecBytes = 168 * 1024;

/** As the schema says them (api/node-spec.ts). */
const maxPods = 512;
const maxContainers = 64;
const maxProfiles = 64;
const maxNamespaces = 256;

export interface Entry {
  readonly pod: NodePod;
  /** The key of the policy that it follows. */
  readonly follows: string;
  readonly resolved: Resolved;
  /** What its namespace may have in swap on this node; null: no bound. */
  readonly maxSwappedBytes: number | null;
}

export interface Fitting {
  readonly pods: NodePod[];
  readonly profiles: NodeProfile[];
  readonly namespaces: NonNullable<NodeLimits['namespaces']>;
  readonly left: readonly Entry[];
  /** Length as JSON of all that is listed. */
  readonly bytes: number;
}

export function fit(entries: readonly Entry[], roomBytes: number): Fitting {
  const room = new Room(roomBytes);
  const pods = entries.filter((entry) => room.take(entry)).map(({ pod }) => pod);
  return {
    pods,
    left: entries.length === pods.length ? [] : without(entries, pods),
    profiles: [...room.profiles.values()],
    namespaces: [...room.namespaces.values()],
    bytes: room.usedBytes,
  };
}

function without(entries: readonly Entry[], pods: readonly NodePod[]): Entry[] {
  const taken = new Set(pods);
  return entries.filter(({ pod }) => !taken.has(pod));
}

class Room {
  readonly profiles = new Map<string, NodeProfile>();
  readonly namespaces = new Map<string, { name: string; maxSwappedBytes: number }>();
  usedBytes = 0;
  #pods = 0;
  readonly #roomBytes: number;

  constructor(roomBytes: number) {
    this.#roomBytes = roomBytes;
  }

  /** The pod with all that it brings along, or nothing of it. */
  take({ pod, resolved, maxSwappedBytes }: Entry): boolean {
    const profile = this.profiles.has(pod.profile) ? null : resolved;
    const budget =
      maxSwappedBytes === null || this.namespaces.has(pod.namespace) ? null : { name: pod.namespace, maxSwappedBytes };
    const bytes = lengthOf(pod) + (profile ? profile.bytes + 1 : 0) + (budget ? lengthOf(budget) : 0);
    if (this.usedBytes + bytes > this.#roomBytes || !this.#counts(pod, profile !== null, budget !== null)) return false;
    this.usedBytes += bytes;
    this.#pods += 1;
    if (profile) this.profiles.set(pod.profile, profile.profile);
    if (budget) this.namespaces.set(budget.name, budget);
    return true;
  }

  #counts(pod: NodePod, newProfile: boolean, newNamespace: boolean): boolean {
    return (
      pod.containers.length <= maxContainers &&
      this.#pods < maxPods &&
      (!newProfile || this.profiles.size < maxProfiles) &&
      (!newNamespace || this.namespaces.size < maxNamespaces)
    );
  }
}

/** With the comma behind it. Names and IDs are ASCII: a character is a byte. */
function lengthOf(value: unknown): number {
  return JSON.stringify(value).length + 1;
}
