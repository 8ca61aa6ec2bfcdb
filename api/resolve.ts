/**
 * A decoded policy made into a Profile: quantities to bytes, everything optional to null. Nothing is decided here, so
 * that a profile says exactly what the file says.
 */
import type { ClusterMemoryAdvicePolicy, MemoryAdvicePolicy } from './policy.ts';
import type { Profile } from './profile.ts';
import { type Quantity, quantityBytes } from './quantity.ts';
import type { StandalonePolicy } from './standalone.ts';

type Policy = StandalonePolicy | MemoryAdvicePolicy | ClusterMemoryAdvicePolicy;

export function resolvePolicy(policy: Policy, file: string | null): Profile {
  const { spec, metadata, kind } = policy;
  const namespace = namespaceOf(policy);
  return {
    name: policyName(namespace, metadata.name),
    source: { kind, namespace, name: metadata.name, file },
    mode: spec.mode,
    priority: spec.priority,
    idle: resolveIdle(spec.idle),
    steps: spec.steps,
    wake: { advice: spec.wake.advice, maxBytes: quantityBytes(spec.wake.maxBytes) },
    memory: resolveMemory(spec.memory),
    limits: resolveLimits(spec.limits),
    guards: resolveGuards(spec.guards),
    windows: spec.windows,
  };
}

/** null: none is given, or the kind belongs to none. */
export function namespaceOf({
  metadata,
}: {
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}): string | null {
  return metadata.namespace ?? null;
}

/** Unique among policies of a kind: "namespace/name", or the name alone where no namespace is given. */
export function policyName(namespace: string | null, name: string): string {
  return namespace === null ? name : `${namespace}/${name}`;
}

type Spec = StandalonePolicy['spec'];

function resolveIdle(idle: Spec['idle']): Profile['idle'] {
  return {
    windowSeconds: idle.windowSeconds,
    maxCPUMillicores: idle.maxCPUMillicores,
    maxNetworkBytesPerSecond: bytesOrNull(idle.maxNetworkBytesPerSecond),
    maxIOBytesPerSecond: bytesOrNull(idle.maxIOBytesPerSecond),
    declared: idle.declared,
    minPodAgeSeconds: idle.minPodAgeSeconds,
  };
}

function resolveMemory(memory: Spec['memory']): Profile['memory'] {
  return {
    kinds: memory.kinds,
    keepResidentBytes: quantityBytes(memory.keepResidentBytes),
    minRangeBytes: quantityBytes(memory.minRangeBytes),
    excludeCommands: memory.excludeCommands,
  };
}

function resolveLimits(limits: Spec['limits']): Profile['limits'] {
  return {
    maxBytesPerSecond: quantityBytes(limits.maxBytesPerSecond),
    maxBytesPerRound: quantityBytes(limits.maxBytesPerRound),
    maxStallMicroseconds: limits.maxStallMicroseconds,
    cooldownSeconds: limits.cooldownSeconds,
  };
}

function resolveGuards(guards: Spec['guards']): Profile['guards'] {
  return {
    swapMinFreePercent: guards.swap.minFreePercent,
    pressure: guards.pressure,
    refault: guards.refault,
    minGainBytes: quantityBytes(guards.minGainBytes),
  };
}

function bytesOrNull(value: Quantity | undefined): number | null {
  return value === undefined ? null : quantityBytes(value);
}
