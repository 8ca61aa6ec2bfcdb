/**
 * A policy or a limit as the API server has it: what the plan takes of it, or what is wrong with it, and the status that
 * stands there. The watch makes it of each object that it reads; pure.
 */
import { decodeBy, decodeClusterPolicy, decodeWithWindows, type FieldFinding } from '../api/decode.ts';
import { limitKind, memoryAdviceLimit } from '../api/limit.ts';
import { apiVersion, clusterMemoryAdvicePolicy, clusterPolicyKind, policyKind } from '../api/policy.ts';
import { policyName } from '../api/resolve.ts';
import type { WindowMeaning } from '../api/schedule.ts';
import { countAt, fieldsOf, textAt } from './raw.ts';
import type { Limit, Policy } from './snapshot.ts';

export type PolicyObjectKind = typeof policyKind | typeof clusterPolicyKind | typeof limitKind;

export interface PolicyObject {
  readonly kind: PolicyObjectKind;
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
  /** Opaque; every write of the status names it, so that none is made on top of what was not seen. */
  readonly resourceVersion: string;
  readonly generation: number;
  readonly createdAt: string;
  readonly read: Read;
  /** As it stands there, unread. */
  readonly status: unknown;
  readonly deleting: boolean;
}

export type Read =
  | { readonly policy: Policy }
  | { readonly limit: Limit }
  | { readonly findings: readonly FieldFinding[] };

/** An object with metadata; the name, namespace and uid are the API server's. */
export function readPolicyObject(kind: PolicyObjectKind, object: unknown, meaning: WindowMeaning): PolicyObject {
  const { metadata, spec, status } = fieldsOf(object);
  const about = {
    name: textAt(metadata, 'name') ?? '',
    uid: textAt(metadata, 'uid') ?? '',
    generation: countAt(metadata, 'generation') ?? 0,
    createdAt: textAt(metadata, 'creationTimestamp') ?? '',
  };
  const namespace = kind === policyKind ? (textAt(metadata, 'namespace') ?? '') : null;
  return {
    kind,
    namespace,
    ...about,
    resourceVersion: textAt(metadata, 'resourceVersion') ?? '',
    read: readSpec(kind, { ...about, namespace }, spec, meaning),
    status,
    deleting: textAt(metadata, 'deletionTimestamp') !== null,
  };
}

/** What the plan takes; null: it can't be read, or is no policy. */
export function policyOf({ read }: PolicyObject): Policy | null {
  return 'policy' in read ? read.policy : null;
}

/** Of an object of that kind: one that can't be read still limits. */
export function limitOf({ read, name, uid, generation }: PolicyObject): Limit {
  return 'limit' in read ? read.limit : { name, uid, generation, spec: null };
}

/** As in precedence.ts, for those that can't be read too. */
export function objectKey({ namespace, name }: PolicyObject): string {
  return policyName(namespace, name);
}

interface About {
  readonly namespace: string | null;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: string;
}

/** The metadata is the API server's business: nothing in it, or new in it, may refuse a policy. */
function readSpec(kind: PolicyObjectKind, about: About, spec: unknown, meaning: WindowMeaning): Read {
  const { namespace, name, uid, generation, createdAt } = about;
  const plain = { apiVersion, kind, spec };
  if (kind === limitKind) {
    const decoded = decodeBy(memoryAdviceLimit, { ...plain, metadata: plainest });
    return 'policy' in decoded ? { limit: { name, uid, generation, spec: decoded.policy.spec } } : decoded;
  }
  if (kind === clusterPolicyKind) {
    const decoded = decodeWithWindows(clusterMemoryAdvicePolicy, { ...plain, metadata: plainest }, meaning);
    if ('findings' in decoded) return decoded;
    return {
      policy: { kind, namespace: null, name, uid, generation, createdAt, spec: decoded.policy.spec, stage: null },
    };
  }
  const decoded = decodeClusterPolicy({ ...plain, metadata: plainest }, meaning);
  if ('findings' in decoded) return decoded;
  return {
    policy: { kind, namespace: namespace ?? '', name, uid, generation, createdAt, spec: decoded.policy.spec },
  };
}

const plainest = { name: 'any' };

/** For a condition's message: the first few, in the words of `ebb policy check`. */
export function findingsText(findings: readonly FieldFinding[]): string {
  const shown = findings.slice(0, maxShown);
  const words = shown.map(({ field, value, allowed }) => `${field}: value ${value}: allowed: ${allowed}`);
  return [...words, ...(findings.length > maxShown ? [`and ${findings.length - maxShown} more`] : [])].join('; ');
}

const maxShown = 5;
