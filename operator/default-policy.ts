/**
 * The cluster policy ebb-default: in DryRun for every pod that no other policy takes, so that a fresh install says what it
 * would save. Made once in the life of a cluster; who deletes it has decided. The Lease remembers that it was made.
 */
import { apiVersion, clusterPolicyKind } from '../api/policy.ts';
import { backoffMillis, defaultBackoff } from '../kube/backoff.ts';
import type { Clock } from '../kube/clock.ts';
import { asKubeError, isKubeError } from '../kube/errors.ts';
import { leases } from '../kube/lease.ts';
import type { Log } from '../kube/log.ts';
import { createObject, type Requests, readObject, replaceObject } from '../kube/objects.ts';
import type { KubeObject, Place } from '../kube/resource.ts';
import { resources } from './resources.ts';

export const defaultPolicyName = 'ebb-default';
const madeAnnotation = 'ebb.dev/default-policy-made';

/** After every other policy. */
const spec = {
  mode: 'DryRun',
  priority: 1000,
  podSelector: {},
  steps: [
    { advice: 'Cold', afterIdleSeconds: 300 },
    { advice: 'PageOut', afterIdleSeconds: 900, ranges: 'KeepHot' },
    { advice: 'PageOut', afterIdleSeconds: 14_400, ranges: 'All' },
  ],
};

interface Making {
  readonly connection: Requests;
  /** Of the Lease, which the caller holds. */
  readonly lease: Place;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tries until it is made or the signal is aborted. */
export async function makeDefaultPolicy({ connection, lease, clock, log }: Making, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      const held = await readObject(connection, leases, lease, { signal });
      if (isMade(held)) return;
      await create(connection, signal);
      await replaceObject(connection, leases, marked(held), { signal });
      log.info({ policy: defaultPolicyName }, 'Made the default policy');
      return;
    } catch (error) {
      if (signal.aborted) return;
      // The Lease is renewed all the time: whoever changes it beside that may have to ask again.
      if (!isKubeError(error, 'Conflict'))
        log.warn({ error: asKubeError(error, defaultPolicyName) }, 'Failed to make the default policy');
      await clock.sleep(backoffMillis(failures, clock.random(), defaultBackoff), signal).catch(() => undefined);
    }
  }
}

async function create(connection: Requests, signal: AbortSignal): Promise<void> {
  const body = { apiVersion, kind: clusterPolicyKind, metadata: { name: defaultPolicyName }, spec };
  try {
    await createObject(connection, resources.clusterPolicies, body, { signal });
  } catch (error) {
    if (!isKubeError(error, 'AlreadyExists')) throw error;
  }
}

const annotationsOf = ({ metadata }: KubeObject): Readonly<Record<string, unknown>> =>
  (metadata['annotations'] ?? {}) as Readonly<Record<string, unknown>>;

const isMade = (lease: KubeObject): boolean => Object.hasOwn(annotationsOf(lease), madeAnnotation);

function marked(lease: KubeObject): KubeObject {
  const annotations = { ...annotationsOf(lease), [madeAnnotation]: 'true' };
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}
