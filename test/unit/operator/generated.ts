/** Generators of policies, limits and clusters for the laws of operator/: few names, so that they meet. */
import fc from 'fast-check';
import type {
  ClusterSpec,
  Container,
  Limit,
  Namespace,
  Node,
  Pod,
  Policy,
  Snapshot,
  Stage,
} from '../../../operator/snapshot.ts';
import { clusterPolicy, container, limit, namespace, node, pod, policy } from './small-cluster.ts';

const few = <const T extends string>(...names: readonly T[]) => fc.constantFrom(...names);
const optional = (model: Record<string, fc.Arbitrary<unknown>>) => fc.record(model, { requiredKeys: [] });
const integer = (min: number, max: number) => fc.integer({ min, max });
const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const namespaceName = few('shop', 'bank', 'kube-system');
const nodeName = few('node-1', 'node-2', 'node-3');
const createdAt = few('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');

const value = few('a', 'b');
const labels = fc.dictionary(few('tier', 'zone'), value, { maxKeys: 2 });
const expression = fc.oneof(
  fc.record({ key: few('tier', 'zone'), operator: few('In', 'NotIn'), values: fc.array(value, { minLength: 1 }) }),
  fc.record({ key: few('tier', 'zone'), operator: few('Exists', 'DoesNotExist') }),
);
export const selector = optional({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 2 }) });
const mode = few('DryRun', 'Enforce', 'Paused');

const bytes = fc.oneof(integer(65_536, 2 ** 40), few('64Ki', '1Mi', '3Gi', '1Ti'));
const limits = {
  maxBytesPerSecond: bytes,
  maxBytesPerRound: bytes,
  maxStallMicroseconds: integer(100, 1_000_000),
  cooldownSeconds: integer(0, 604_800),
};
const pressure = fc.uniqueArray(
  fc.record({
    resource: few('Memory', 'IO', 'CPU'),
    scope: few('Node', 'Container'),
    kind: few('Some', 'Full'),
    maxStallMillisecondsPerMinute: integer(0, 60_000),
  }),
  { maxLength: 12, selector: ({ resource, scope, kind }) => `${resource} ${scope} ${kind}` },
);
const refault = optional({
  maxPercent: integer(0, 100),
  withinSeconds: integer(1, 86_400),
  backoffSeconds: integer(1, 86_400),
  maxBackoffSeconds: integer(86_400, 2_592_000),
});
const guards = optional({
  swap: optional({ minFreePercent: integer(0, 100) }),
  pressure,
  refault,
  minGainBytes: bytes,
});

const seconds = few('300', '900', '1800', '3600').map(Number);
const steps = fc
  .uniqueArray(
    fc.record({ advice: few('Cold', 'PageOut'), afterIdleSeconds: seconds, ranges: few('KeepHot', 'All') }),
    { minLength: 1, maxLength: 4, selector: ({ afterIdleSeconds }) => afterIdleSeconds },
  )
  .map((list) => list.toSorted((a, b) => a.afterIdleSeconds - b.afterIdleSeconds));
const idle = optional({
  windowSeconds: few('60', '300').map(Number),
  maxCPUMillicores: integer(1, 3),
  maxNetworkBytesPerSecond: bytes,
  maxIOBytesPerSecond: bytes,
  declared: few('Honor', 'Require', 'Ignore'),
  minPodAgeSeconds: integer(0, 600),
});
const window = fc.record({
  name: few('nights', 'days'),
  schedule: few('0 20 * * *', '0 8 * * *'),
  durationSeconds: few('3600', '7200').map(Number),
});
const windows = fc.uniqueArray(window, { maxLength: 2, selector: ({ name }) => name });
const commands = fc.uniqueArray(
  fc.oneof(
    few('pause', 'java'),
    integer(0, 99).map((n) => `worker-${n}`),
  ),
  { maxLength: 3 },
);
const memory = optional({
  kinds: few('Anonymous', 'Shared', 'Both').map((kind) => (kind === 'Both' ? ['Anonymous', 'Shared'] : [kind])),
  keepResidentBytes: bytes,
  minRangeBytes: few('64Ki', '1Mi'),
  excludeCommands: commands,
});

const policyFields = {
  podSelector: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: selector }),
  mode,
  priority: integer(0, 2),
  qosClasses: mostly(['Burstable', 'BestEffort'], ['Guaranteed'], ['Guaranteed', 'Burstable', 'BestEffort']),
  criticalPods: few('Exclude', 'Include'),
  containers: fc.oneof(
    fc.constant({}),
    fc.record({ exclude: fc.subarray(['proxy', 'other'], { minLength: 1 }) }),
    fc.record({ include: fc.subarray(['app', 'proxy'], { minLength: 1 }) }),
  ),
  limits: optional(limits),
  guards,
  memory,
  idle,
  steps,
  wake: optional({ advice: few('None', 'WillNeed'), maxBytes: few('1Mi', '512Mi') }),
  windows,
};

const namespacedPolicy = fc
  .tuple(few('p', 'q', 'r'), optional(policyFields), namespaceName, createdAt)
  .map(([name, spec, namespace, created]): Policy => policy(name, spec, { namespace, createdAt: created }));

const wideFields = optional({ ...policyFields, namespaceSelector: selector, nodeSelector: selector });
export const wideSpec = wideFields.map((spec) => clusterPolicy('any', spec).spec);

/** So many of the fields at most, and any of them. */
const someFields = (most: number) =>
  fc
    .tuple(wideFields, fc.infiniteStream(integer(0, 1000)))
    .map(([fields, dice]) => Object.entries(fields).map((entry) => ({ entry, rank: dice.next().value })))
    .map((all) =>
      Object.fromEntries(
        all
          .toSorted((a, b) => a.rank - b.rank)
          .slice(0, most)
          .map(({ entry }) => entry),
      ),
    );

/** An edit changes a few fields and leaves the others as they are; most policies act. */
export const editedSpec: fc.Arbitrary<{ readonly before: ClusterSpec; readonly after: ClusterSpec }> = fc
  .tuple(someFields(3), integer(0, 3).chain(someFields))
  .map(([old, changed]) => {
    const said = { mode: 'Enforce', priority: 1, ...old };
    return { before: clusterPolicy('any', said).spec, after: clusterPolicy('any', { ...said, ...changed }).spec };
  });

export const someStage: fc.Arbitrary<Stage> = fc.record(
  { nodesPercent: integer(1, 99), before: fc.option(wideSpec) },
  { noNullPrototype: true },
);

const widePolicy = fc
  .tuple(few('p', 'q', 'r'), wideFields, createdAt, fc.option(someStage))
  .map(([name, spec, created, stage]): Policy => clusterPolicy(name, spec, { createdAt: created, stage }));

export const somePolicy = fc.oneof(namespacedPolicy, widePolicy);

export const limitFields = optional({
  namespaceSelector: selector,
  nodeSelector: selector,
  mode,
  limits: optional(limits),
  guards,
  memory: optional({ keepResidentBytes: bytes }),
  node: optional({ maxBytesPerSecond: bytes, maxSwapWriteBytesPerDay: bytes, minSwapFreePercent: integer(0, 100) }),
  namespace: optional({ maxSwappedBytesPerNode: bytes }),
});

export const someLimit = fc
  .tuple(
    few('x', 'y', 'z'),
    fc.oneof({ weight: 9, arbitrary: limitFields }, { weight: 1, arbitrary: fc.constant(null) }),
  )
  .map(([name, spec]): Limit => limit(name, spec));

const nonsense = fc.oneof(few('true', 'false'), fc.string({ maxLength: 20 }));
const annotations = optional({
  'ebb.dev/do-not-advise': nonsense,
  'ebb.dev/do-not-advise-containers': fc.oneof(few('app', 'proxy', 'app,proxy'), nonsense),
  'ebb.dev/idle': nonsense,
}) as fc.Arbitrary<Record<string, string>>;
const seldomAnnotated = fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: annotations });

const startedID = few('a', 'b').map((text): string | null => container(text).id);
const containerIDs = fc.oneof<fc.MaybeWeightedArbitrary<string | null>[]>(
  { weight: 5, arbitrary: startedID },
  { weight: 1, arbitrary: fc.option(fc.string()) },
);
const someContainer = fc.record({
  name: few('app', 'proxy', 'setup'),
  kind: mostly<Container['kind']>('App', 'Sidecar', 'Init', 'Ephemeral'),
  id: containerIDs,
});

export const somePod = fc
  .record({
    namespace: namespaceName,
    name: few('one', 'two', 'three', 'four', 'five'),
    uid: fc.option(mostly('u1', 'u2', 'no uid')),
    node: fc.oneof({ weight: 9, arbitrary: nodeName }, { weight: 1, arbitrary: fc.constant(null) }),
    labels,
    annotations: seldomAnnotated,
    qosClass: mostly<Pod['qosClass']>('Burstable', 'BestEffort', 'Guaranteed', null),
    priorityClassName: mostly<string | null>(null, 'system-node-critical', 'high'),
    mirrorOf: mostly<string | null>(null, 'f00d', ''),
    terminating: mostly(false, true),
    finished: mostly(false, true),
    containers: fc.uniqueArray(someContainer, { maxLength: 3, selector: ({ name }) => name }),
  })
  .map(({ uid, ...fields }): Pod => pod(fields.name, uid === null ? fields : { ...fields, uid }));

const namespaceNamed = (name: string) =>
  fc
    .record({ labels, allowed: fc.boolean(), annotations: seldomAnnotated })
    .map(
      ({ labels: own, allowed, annotations: said }): Namespace =>
        namespace(name, { labels: { ...own, ...(allowed && { 'ebb.dev/allow': 'enforce' }) }, annotations: said }),
    );

const nodeNamed = (name: string) =>
  fc
    .record({
      uid: few('uid-1', 'uid-2'),
      labels,
      annotations: fc.oneof(fc.constant({}), fc.record({ 'ebb.dev/paused': nonsense })),
      taints: fc.subarray(['karpenter.sh/disrupted', 'DeletionCandidateOfClusterAutoscaler', 'other']),
      unschedulable: mostly(false, true),
      deleting: mostly(false, true),
      ready: mostly(true, false),
    })
    .map((fields): Node => node(name, fields));

export const someNamespace = namespaceName.chain(namespaceNamed);
export const someNode = nodeName.chain(nodeNamed);

const many = <T>(one: fc.Arbitrary<T>, key: (value: T) => string, minLength: number, maxLength: number) =>
  fc.uniqueArray(one, { selector: key, minLength, maxLength, size: 'max' });

/** Nearly all of them: what is missing is the exception. */
const nearlyAll = <T>(...all: readonly fc.Arbitrary<T>[]) =>
  fc
    .tuple(...all.map((one) => fc.option(one, { freq: 9 })))
    .map((list) => list.flatMap((one) => (one === null ? [] : [one])));

export const podKeyOf = (each: Pod): string => `${each.namespace}/${each.name}`;
export const policyKeyOf = (each: Policy): string => `${each.namespace}/${each.name}`;
const nameOf = ({ name }: { readonly name: string }): string => name;

export const someCluster: fc.Arbitrary<Snapshot> = fc.record(
  {
    policies: many(somePolicy, policyKeyOf, 2, 9),
    limits: many(someLimit, nameOf, 0, 3),
    pods: many(somePod, podKeyOf, 3, 15),
    namespaces: nearlyAll(...['shop', 'bank', 'kube-system'].map(namespaceNamed)),
    nodes: nearlyAll(...['node-1', 'node-2', 'node-3'].map(nodeNamed)),
  },
  { noNullPrototype: true },
);
