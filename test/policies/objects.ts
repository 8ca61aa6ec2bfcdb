/** Objects of each kind that a user writes, valid, with the part under test put in. */
export interface APIObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const apiVersion = 'ebb.dev/v1alpha1';

export const step = (afterIdleSeconds: unknown, advice: unknown = 'PageOut') => ({ advice, afterIdleSeconds });

export function policy(fields: Readonly<Record<string, unknown>>): APIObject {
  const spec = { podSelector: {}, steps: [step(300)], ...fields };
  return { apiVersion, kind: 'MemoryAdvicePolicy', metadata: { name: 'p', namespace: 'default' }, spec };
}

export function clusterPolicy(fields: Readonly<Record<string, unknown>>): APIObject {
  const spec = { podSelector: {}, steps: [step(300)], ...fields };
  return { apiVersion, kind: 'ClusterMemoryAdvicePolicy', metadata: { name: 'p' }, spec };
}

export function limit(spec: Readonly<Record<string, unknown>>): APIObject {
  return { apiVersion, kind: 'MemoryAdviceLimit', metadata: { name: 'p' }, spec };
}

export const named = (object: APIObject, name: string): APIObject => ({
  ...object,
  metadata: { ...object.metadata, name },
});
