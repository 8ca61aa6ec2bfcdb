/**
 * Objects with one fault each, refused by `ebb policy check` and by the API server alike: the field that both name, and
 * what each says is allowed. test/unit/api/refused.test.ts and test/controlplane/policies.test.ts read it.
 */
import { type APIObject, clusterPolicy, limit, policy, step } from './objects.ts';

export interface Invalid {
  readonly title: string;
  readonly object: APIObject;
  /** What `ebb policy check` names. */
  readonly field: string;
  /** A part of what it says is allowed. */
  readonly allowed: string;
  /** A part of what the API server says. */
  readonly server: string;
  /** What the API server names, where it is not the same field: a list as a whole, a map of labels. */
  readonly serverField?: string;
}

type Row = readonly [
  title: string,
  object: APIObject,
  field: string,
  allowed: string,
  server: string,
  serverField?: string,
];

const bytes = 'a whole number of bytes from';
const label64 = 'at most 63 characters';
const pressure = (fields: object) => policy({ guards: { pressure: [{ ...io, ...fields }] } });
const io = { resource: 'IO', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 1 };
const night = { name: 'nights', schedule: '0 20 * * 1-5', durationSeconds: 3600 };
const window = (fields: object) => policy({ windows: [{ ...night, ...fields }] });
const matching = (expression: object) => policy({ podSelector: { matchExpressions: [expression] } });
const steps = (...list: unknown[]) => policy({ steps: list });
const without = (object: APIObject, name: string): APIObject => ({
  ...object,
  spec: Object.fromEntries(Object.entries(object.spec).filter(([key]) => key !== name)),
});

const selectors: readonly Row[] = [
  ['no pod selector', without(policy({}), 'podSelector'), 'spec.podSelector', 'podSelector or', 'Required value'],
  [
    'a selector of the wrong shape',
    policy({ podSelector: { tier: 'web' } }),
    'spec.podSelector.tier',
    'matchLabels',
    'unknown field "spec.podSelector.tier"',
    '',
  ],
  [
    'a label key that can’t be',
    policy({ podSelector: { matchLabels: { '-a': 'b' } } }),
    'spec.podSelector.matchLabels["-a"]',
    'a label key such as tier',
    'a label key such as tier',
    'spec.podSelector.matchLabels',
  ],
  [
    'a label value with a space',
    policy({ podSelector: { matchLabels: { a: 'b c' } } }),
    'spec.podSelector.matchLabels.a',
    'a label value: letters',
    'a label value: letters',
    'spec.podSelector.matchLabels[a]',
  ],
  [
    'a label value that is a number',
    policy({ podSelector: { matchLabels: { a: 1 } } }),
    'spec.podSelector.matchLabels.a',
    'a label value: letters',
    'must be of type string',
  ],
  [
    'a label value that is too long',
    policy({ podSelector: { matchLabels: { a: 'b'.repeat(64) } } }),
    'spec.podSelector.matchLabels.a',
    label64,
    'may not be more than 63',
  ],
  [
    'an unknown operator',
    matching({ key: 'a', operator: 'Is' }),
    'spec.podSelector.matchExpressions[0].operator',
    'In, NotIn, Exists or DoesNotExist',
    'supported values: "In", "NotIn", "Exists", "DoesNotExist"',
  ],
  [
    'an expression without a key',
    matching({ operator: 'Exists' }),
    'spec.podSelector.matchExpressions[0].key',
    'a label key',
    'Required value',
  ],
  [
    'an expression on a key that can’t be',
    matching({ key: 'a/b/c', operator: 'Exists' }),
    'spec.podSelector.matchExpressions[0].key',
    'a label key',
    'a label key such as tier',
  ],
  [
    'In without values',
    matching({ key: 'a', operator: 'In' }),
    'spec.podSelector.matchExpressions[0].values',
    'at least one label value, which In needs',
    'values: at least one label value, which In and NotIn need',
    'spec.podSelector.matchExpressions[0]',
  ],
  [
    'NotIn with an empty list',
    matching({ key: 'a', operator: 'NotIn', values: [] }),
    'spec.podSelector.matchExpressions[0].values',
    'at least one label value, which NotIn needs',
    'values: at least one label value, which In and NotIn need',
    'spec.podSelector.matchExpressions[0]',
  ],
  [
    'Exists with values',
    matching({ key: 'a', operator: 'Exists', values: ['b'] }),
    'spec.podSelector.matchExpressions[0].values',
    'no values with Exists',
    'values: no values with Exists and DoesNotExist',
    'spec.podSelector.matchExpressions[0]',
  ],
];

const heads: readonly Row[] = [
  [
    'an unknown field of spec',
    policy({ podselector: {} }),
    'spec.podselector',
    'podSelector',
    'unknown field "spec.podselector"',
    '',
  ],
  [
    'a field of a cluster policy',
    policy({ rollout: {} }),
    'spec.rollout',
    'one of podSelector',
    'unknown field "spec.rollout"',
    '',
  ],
  [
    'an unknown mode',
    policy({ mode: 'Off' }),
    'spec.mode',
    'DryRun, Enforce or Paused',
    'supported values: "DryRun", "Enforce", "Paused"',
  ],
  [
    'a mode in another case',
    policy({ mode: 'dryRun' }),
    'spec.mode',
    'DryRun, Enforce or Paused',
    'Unsupported value: "dryRun"',
  ],
  ['a priority below 0', policy({ priority: -1 }), 'spec.priority', 'from 0 to 1000', 'greater than or equal to 0'],
  [
    'a priority above 1000',
    policy({ priority: 1001 }),
    'spec.priority',
    'from 0 to 1000',
    'less than or equal to 1000',
  ],
  [
    'a priority that is text',
    policy({ priority: '10' }),
    'spec.priority',
    'an integer from',
    'must be of type integer: "string"',
  ],
  [
    'a priority with a fraction',
    policy({ priority: 1.5 }),
    'spec.priority',
    'an integer from',
    'must be of type integer: "number"',
  ],
  ['no QoS class', policy({ qosClasses: [] }), 'spec.qosClasses', '1 to 3 QoS classes', 'should have at least 1 items'],
  [
    'a QoS class twice',
    policy({ qosClasses: ['Burstable', 'Burstable'] }),
    'spec.qosClasses[1]',
    'differ',
    'Duplicate value: "Burstable"',
  ],
  [
    'an unknown QoS class',
    policy({ qosClasses: ['Best'] }),
    'spec.qosClasses[0]',
    'Guaranteed, Burstable or BestEffort',
    'supported values: "Guaranteed"',
  ],
  [
    'critical pods by a boolean',
    policy({ criticalPods: true }),
    'spec.criticalPods',
    'Exclude or Include',
    'must be of type string: "boolean"',
  ],
  [
    'include and exclude',
    policy({ containers: { include: ['a'], exclude: ['b'] } }),
    'spec.containers.exclude',
    'include or exclude, not both',
    'include or exclude, not both',
  ],
  [
    'an empty include',
    policy({ containers: { include: [] } }),
    'spec.containers.include',
    '1 to 64 container names',
    'should have at least 1 items',
  ],
  [
    'a container name that can’t be',
    policy({ containers: { exclude: ['A_b'] } }),
    'spec.containers.exclude[0]',
    'a container name: lower-case',
    'a container name: lower-case letters, digits and "-"',
  ],
  [
    'an empty container name',
    policy({ containers: { exclude: [''] } }),
    'spec.containers.exclude[0]',
    'a container name: lower-case',
    'should be at least 1 chars long',
  ],
];

const idleAndSteps: readonly Row[] = [
  [
    'an idle window of 0',
    policy({ idle: { windowSeconds: 0 } }),
    'spec.idle.windowSeconds',
    'from 1 to 3600',
    'greater than or equal to 1',
  ],
  [
    'an idle window with a unit',
    policy({ idle: { windowSeconds: '5m' } }),
    'spec.idle.windowSeconds',
    'an integer',
    'must be of type integer',
  ],
  [
    'idle that is a list',
    policy({ idle: [] }),
    'spec.idle',
    'a map with the fields',
    'must be of type object: "array"',
  ],
  [
    'negative CPU',
    policy({ idle: { maxCPUMillicores: -1 } }),
    'spec.idle.maxCPUMillicores',
    'from 0 to 100000',
    'greater than or equal to 0',
  ],
  [
    'a misspelt idle field',
    policy({ idle: { maxCpuMillicores: 1 } }),
    'spec.idle.maxCpuMillicores',
    'maxCPUMillicores',
    'unknown field "spec.idle.maxCpuMillicores"',
    '',
  ],
  [
    'a rate that is no quantity',
    policy({ idle: { maxIOBytesPerSecond: '1MB' } }),
    'spec.idle.maxIOBytesPerSecond',
    `${bytes} 0 to 1Ti`,
    `${bytes} 0 to 1Ti`,
  ],
  [
    'an unknown declared',
    policy({ idle: { declared: 'Yes' } }),
    'spec.idle.declared',
    'Honor, Require or Ignore',
    'supported values: "Honor", "Require", "Ignore"',
  ],
  [
    'a negative pod age',
    policy({ idle: { minPodAgeSeconds: -5 } }),
    'spec.idle.minPodAgeSeconds',
    'from 0 to 2592000',
    'greater than or equal to 0',
  ],
  ['no steps', without(policy({}), 'steps'), 'spec.steps', '1 to 8 steps', 'Required value'],
  ['an empty ladder', steps(), 'spec.steps', '1 to 8 steps', 'should have at least 1 items'],
  [
    'nine steps',
    steps(...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((at) => step(at))),
    'spec.steps',
    '1 to 8 steps',
    'must have at most 8 items',
  ],
  [
    'a step that is no map',
    steps('Cold'),
    'spec.steps[0]',
    'a map with the fields',
    'must be of type object: "string"',
  ],
  [
    'a step without advice',
    steps({ afterIdleSeconds: 1 }),
    'spec.steps[0].advice',
    'Cold or PageOut',
    'Required value',
  ],
  [
    'a step without a time',
    steps({ advice: 'Cold' }),
    'spec.steps[0].afterIdleSeconds',
    'an integer from',
    'Required value',
  ],
  [
    'WillNeed as a step',
    steps(step(1, 'WillNeed')),
    'spec.steps[0].advice',
    'WillNeed only as spec.wake.advice',
    'Unsupported value: "WillNeed": supported values: "Cold", "PageOut"',
  ],
  [
    'an advice for own memory',
    steps(step(1, 'DontNeed')),
    'spec.steps[0].advice',
    'Cold or PageOut',
    'supported values: "Cold", "PageOut"',
  ],
  [
    'a step before the one before',
    steps(step(300, 'Cold'), step(299)),
    'spec.steps[1].afterIdleSeconds',
    'greater than 300, the step before',
    'steps[1].afterIdleSeconds: an integer greater than 300, the step before',
    'spec.steps',
  ],
  [
    'two steps at once',
    steps(step(1), step(300, 'Cold'), step(300)),
    'spec.steps[2].afterIdleSeconds',
    'greater than 300',
    'steps[2].afterIdleSeconds: an integer greater than 300',
    'spec.steps',
  ],
  [
    'a step after 31 days',
    steps(step(2_678_400)),
    'spec.steps[0].afterIdleSeconds',
    '2592000',
    'less than or equal to 2592000',
  ],
  [
    'unknown ranges',
    steps({ ...step(1), ranges: 'Hot' }),
    'spec.steps[0].ranges',
    'KeepHot or All',
    'supported values: "KeepHot", "All"',
  ],
  [
    'Cold as wake',
    policy({ wake: { advice: 'Cold' } }),
    'spec.wake.advice',
    'None or WillNeed',
    'supported values: "None", "WillNeed"',
  ],
  [
    'a wake of nothing',
    policy({ wake: { maxBytes: 0 } }),
    'spec.wake.maxBytes',
    `${bytes} 4Ki to 1Ti`,
    `${bytes} 4Ki to 1Ti`,
  ],
];

const memoryAndLimits: readonly Row[] = [
  [
    'no kind of memory',
    policy({ memory: { kinds: [] } }),
    'spec.memory.kinds',
    '1 to 2 kinds',
    'should have at least 1 items',
  ],
  [
    'file memory',
    policy({ memory: { kinds: ['File'] } }),
    'spec.memory.kinds[0]',
    'Anonymous or Shared',
    'supported values: "Anonymous", "Shared"',
  ],
  ['a floor below zero', policy({ memory: { keepResidentBytes: -1 } }), 'spec.memory.keepResidentBytes', bytes, bytes],
  [
    'a range below a page',
    policy({ memory: { minRangeBytes: 4095 } }),
    'spec.memory.minRangeBytes',
    `${bytes} 4Ki to 1Gi`,
    `${bytes} 4Ki to 1Gi`,
  ],
  [
    'a quantity with a fraction of a byte',
    policy({ memory: { minRangeBytes: '4.3Ki' } }),
    'spec.memory.minRangeBytes',
    bytes,
    bytes,
  ],
  [
    'a bare number with a fraction',
    policy({ memory: { minRangeBytes: 4096.5 } }),
    'spec.memory.minRangeBytes',
    bytes,
    'must be of type',
  ],
  [
    'a quantity that begins with its point',
    policy({ memory: { minRangeBytes: '.5Mi' } }),
    'spec.memory.minRangeBytes',
    bytes,
    bytes,
  ],
  [
    'a quantity without a digit',
    policy({ memory: { keepResidentBytes: 'Gi' } }),
    'spec.memory.keepResidentBytes',
    bytes,
    bytes,
  ],
  [
    'a quantity that is a boolean',
    policy({ memory: { keepResidentBytes: true } }),
    'spec.memory.keepResidentBytes',
    bytes,
    'must be of type',
  ],
  [
    'a command longer than comm',
    policy({ memory: { excludeCommands: ['abcdefghijklmnop'] } }),
    'spec.memory.excludeCommands[0]',
    'at most 15 characters',
    'may not be more than 15',
  ],
  [
    'a command that is no ASCII',
    policy({ memory: { excludeCommands: ['é'] } }),
    'spec.memory.excludeCommands[0]',
    'printable ASCII',
    'printable ASCII',
  ],
  [
    'a rate of 1 byte',
    policy({ limits: { maxBytesPerSecond: 1 } }),
    'spec.limits.maxBytesPerSecond',
    `${bytes} 64Ki to 1Ti`,
    `${bytes} 64Ki to 1Ti`,
  ],
  [
    'a rate above all memory',
    policy({ limits: { maxBytesPerSecond: '2Ti' } }),
    'spec.limits.maxBytesPerSecond',
    'to 1Ti',
    'to 1Ti',
  ],
  [
    'a round beyond 2^53',
    policy({ limits: { maxBytesPerRound: '8Pi' } }),
    'spec.limits.maxBytesPerRound',
    'to 1Ti',
    'to 1Ti',
  ],
  [
    'a stall of nothing',
    policy({ limits: { maxStallMicroseconds: 0 } }),
    'spec.limits.maxStallMicroseconds',
    'from 100 to 1000000',
    'greater than or equal to 100',
  ],
  [
    'a cooldown of a year',
    policy({ limits: { cooldownSeconds: 31_536_000 } }),
    'spec.limits.cooldownSeconds',
    'to 604800',
    'less than or equal to 604800',
  ],
];

const guards: readonly Row[] = [
  [
    'more free swap than there is',
    policy({ guards: { swap: { minFreePercent: 101 } } }),
    'spec.guards.swap.minFreePercent',
    '0 to 100',
    'less than or equal to 100',
  ],
  [
    'an unknown pressure',
    pressure({ resource: 'Disk' }),
    'spec.guards.pressure[0].resource',
    'Memory, IO or CPU',
    'supported values: "Memory", "IO", "CPU"',
  ],
  [
    'a pressure without a bound',
    pressure({ maxStallMillisecondsPerMinute: undefined }),
    'spec.guards.pressure[0].maxStallMillisecondsPerMinute',
    'to 60000',
    'Required value',
  ],
  [
    'more stall than a minute has',
    pressure({ maxStallMillisecondsPerMinute: 60_001 }),
    'spec.guards.pressure[0].maxStallMillisecondsPerMinute',
    'to 60000',
    'less than or equal to 60000',
  ],
  [
    'the same pressure twice',
    policy({ guards: { pressure: [io, { ...io, maxStallMillisecondsPerMinute: 2 }] } }),
    'spec.guards.pressure[1].resource',
    'differ',
    'Duplicate value',
    'spec.guards.pressure[1]',
  ],
  [
    'a longest pause below the first',
    policy({ guards: { refault: { backoffSeconds: 100, maxBackoffSeconds: 99 } } }),
    'spec.guards.refault.maxBackoffSeconds',
    'from 100 (backoffSeconds) to 2592000',
    'an integer from 100 (backoffSeconds) to 2592000',
  ],
  [
    'a longest pause below the default of the first',
    policy({ guards: { refault: { maxBackoffSeconds: 99 } } }),
    'spec.guards.refault.maxBackoffSeconds',
    'from 1800 (backoffSeconds)',
    'from 1800 (backoffSeconds)',
  ],
  [
    'a share above 100 %',
    policy({ guards: { refault: { maxPercent: 200 } } }),
    'spec.guards.refault.maxPercent',
    '0 to 100',
    'less than or equal to 100',
  ],
  [
    'a gain that is a list',
    policy({ guards: { minGainBytes: [1] } }),
    'spec.guards.minGainBytes',
    bytes,
    'must be of type',
  ],
];

const windows: readonly Row[] = [
  ['a window without a name', window({ name: undefined }), 'spec.windows[0].name', 'a name', 'Required value'],
  [
    'a window of a second',
    window({ durationSeconds: 1 }),
    'spec.windows[0].durationSeconds',
    'from 60',
    'greater than or equal to 60',
  ],
  [
    'a schedule of six fields',
    window({ schedule: '0 0 20 * * 1' }),
    'spec.windows[0].schedule',
    'a cron line of five fields',
    'a cron line of five fields such as "0 20 * * 1-5"',
  ],
  [
    'a schedule by its nickname',
    window({ schedule: '@daily' }),
    'spec.windows[0].schedule',
    'a cron line of five fields',
    'a cron line of five fields',
  ],
  [
    'a time zone that isn’t',
    window({ timeZone: 'Europe/Atlantis' }),
    'spec.windows[0].timeZone',
    'an IANA time zone',
    'an IANA time zone such as Europe/Berlin',
  ],
  [
    'a time zone as an offset',
    window({ timeZone: '+01:00' }),
    'spec.windows[0].timeZone',
    'an IANA time zone',
    'an IANA time zone such as Europe/Berlin',
  ],
  [
    'the time zone of whoever asks',
    window({ timeZone: 'Local' }),
    'spec.windows[0].timeZone',
    'an IANA time zone',
    'an IANA time zone such as Europe/Berlin',
  ],
  [
    'two windows of one name',
    policy({ windows: [night, { ...night, schedule: '0 1 * * *' }] }),
    'spec.windows[1].name',
    'differ',
    'Duplicate value: {"name":"nights"}',
    'spec.windows[1]',
  ],
  [
    'seventeen windows',
    policy({ windows: [...Array(17).keys()].map((at) => ({ ...night, name: `n${at}` })) }),
    'spec.windows',
    '0 to 16 windows',
    'must have at most 16 items',
  ],
];

const clusterPolicies: readonly Row[] = [
  [
    'no pod selector',
    without(clusterPolicy({}), 'podSelector'),
    'spec.podSelector',
    'a map with the fields matchLabels',
    'Required value',
  ],
  [
    'namespaces by a list of names',
    clusterPolicy({ namespaceSelector: ['a'] }),
    'spec.namespaceSelector',
    'a map with the fields',
    'must be of type object: "array"',
  ],
  [
    'nodes by a plain map',
    clusterPolicy({ nodeSelector: { pool: 'small' } }),
    'spec.nodeSelector.pool',
    'matchLabels',
    'unknown field "spec.nodeSelector.pool"',
    '',
  ],
  [
    'a roll-out to no node',
    clusterPolicy({ rollout: { nodesPercent: 0 } }),
    'spec.rollout.nodesPercent',
    'from 1 to 100',
    'greater than or equal to 1',
  ],
  [
    'a roll-out in seconds',
    clusterPolicy({ rollout: { stepSeconds: 59 } }),
    'spec.rollout.stepSeconds',
    'from 60',
    'greater than or equal to 60',
  ],
  [
    'a halt above 100 %',
    clusterPolicy({ rollout: { haltRefaultPercent: 101 } }),
    'spec.rollout.haltRefaultPercent',
    'to 100',
    'less than or equal to 100',
  ],
  [
    'steps that go back',
    clusterPolicy({ steps: [step(2), step(1)] }),
    'spec.steps[1].afterIdleSeconds',
    'greater than 2',
    'steps[1].afterIdleSeconds: an integer greater than 2',
    'spec.steps',
  ],
  [
    'a block for agents without a cluster',
    clusterPolicy({ standalone: { cgroups: ['/a'] } }),
    'spec.standalone',
    'one of namespaceSelector',
    'unknown field "spec.standalone"',
    '',
  ],
  [
    'an expression without values',
    clusterPolicy({ nodeSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } }),
    'spec.nodeSelector.matchExpressions[0].values',
    'at least one label value',
    'values: at least one label value',
    'spec.nodeSelector.matchExpressions[0]',
  ],
];

const limits: readonly Row[] = [
  ['an unknown mode', limit({ mode: 'Never' }), 'spec.mode', 'DryRun, Enforce or Paused', 'supported values: "DryRun"'],
  ['steps', limit({ steps: [step(1)] }), 'spec.steps', 'one of namespaceSelector', 'unknown field "spec.steps"', ''],
  [
    'a rate that is no quantity',
    limit({ limits: { maxBytesPerSecond: 'much' } }),
    'spec.limits.maxBytesPerSecond',
    bytes,
    bytes,
  ],
  [
    'a node’s rate of nothing',
    limit({ node: { maxBytesPerSecond: 0 } }),
    'spec.node.maxBytesPerSecond',
    `${bytes} 64Ki`,
    `${bytes} 64Ki to 1Ti`,
  ],
  [
    'a day’s writes beyond a pebibyte',
    limit({ node: { maxSwapWriteBytesPerDay: '2Pi' } }),
    'spec.node.maxSwapWriteBytesPerDay',
    'to 1Pi',
    'to 1Pi',
  ],
  [
    'more free swap than there is',
    limit({ node: { minSwapFreePercent: 101 } }),
    'spec.node.minSwapFreePercent',
    '0 to 100',
    'less than or equal to 100',
  ],
  [
    'a namespace’s share below zero',
    limit({ namespace: { maxSwappedBytesPerNode: -1 } }),
    'spec.namespace.maxSwappedBytesPerNode',
    bytes,
    `${bytes} 0 to 64Ti`,
  ],
  [
    'a memory kind',
    limit({ memory: { kinds: ['Shared'] } }),
    'spec.memory.kinds',
    'one of keepResidentBytes',
    'unknown field "spec.memory.kinds"',
    '',
  ],
  [
    'a longest pause below the first',
    limit({ guards: { refault: { backoffSeconds: 10, maxBackoffSeconds: 9 } } }),
    'spec.guards.refault.maxBackoffSeconds',
    'from 10 (backoffSeconds)',
    'from 10 (backoffSeconds) to 2592000',
  ],
  [
    'the same pressure twice',
    limit({ guards: { pressure: [io, io] } }),
    'spec.guards.pressure[1].resource',
    'differ',
    'Duplicate value',
    'spec.guards.pressure[1]',
  ],
  [
    'a label key that can’t be',
    limit({ namespaceSelector: { matchLabels: { 'a b': 'c' } } }),
    'spec.namespaceSelector.matchLabels["a b"]',
    'a label key',
    'a label key',
    'spec.namespaceSelector.matchLabels',
  ],
];

const rows = [selectors, heads, idleAndSteps, memoryAndLimits, guards, windows, clusterPolicies, limits].flat();

export const invalid: readonly Invalid[] = rows.map(([title, object, field, allowed, server, serverField = field]) => ({
  title: `A ${object.kind} with ${title}`,
  object,
  field,
  allowed,
  server,
  serverField,
}));
