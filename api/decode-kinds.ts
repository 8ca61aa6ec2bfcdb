/**
 * Every kind that a user writes, told apart by `kind`: what `ebb policy check` and the operator read. A
 * MemoryAdvicePolicy may hold a standalone block here, since the same files serve both.
 */
import { type Decoded, decodeBy, decodePolicy, decodeWithWindows, finding, kindOf } from './decode.ts';
import { oneOf } from './fields.ts';
import { limitKind, type MemoryAdviceLimit, memoryAdviceLimit } from './limit.ts';
import { type ClusterMemoryAdvicePolicy, clusterMemoryAdvicePolicy, clusterPolicyKind, policyKind } from './policy.ts';
import type { WindowMeaning } from './schedule.ts';
import type { StandalonePolicy } from './standalone.ts';

export type UserObject = StandalonePolicy | ClusterMemoryAdvicePolicy | MemoryAdviceLimit;

const decoders: Readonly<Record<string, (value: unknown, meaning: WindowMeaning) => Decoded<UserObject>>> = {
  [policyKind]: decodePolicy,
  [clusterPolicyKind]: (value, meaning) => decodeWithWindows(clusterMemoryAdvicePolicy, value, meaning),
  [limitKind]: (value) => decodeBy(memoryAdviceLimit, value),
};

export function decodeUserObject(value: unknown, meaning: WindowMeaning): Decoded<UserObject> {
  const kind = kindOf(value);
  const decode = Object.hasOwn(decoders, kind) ? decoders[kind] : undefined;
  if (decode) return decode(value, meaning);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) return decodePolicy(value, meaning);
  return { findings: [finding(['kind'], (value as { kind?: unknown }).kind, oneOf(Object.keys(decoders)))] };
}
