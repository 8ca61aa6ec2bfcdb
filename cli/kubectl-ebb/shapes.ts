/**
 * What -o json and -o yaml hold, field by field, for docs/kubectl-ebb.md, which is made from it, and for tests, which hold real
 * output to it. Nothing at run time reads this.
 */
import * as z from 'zod';

const text = (meaning: string) => z.string().describe(meaning);
const maybe = (meaning: string) => z.string().nullable().describe(meaning);
const integer = (meaning: string) => z.int().describe(meaning);
const maybeInteger = (meaning: string) => z.int().nullable().describe(meaning);
const bytes = (meaning: string) => z.int().min(0).describe(meaning);
const maybeBytes = (meaning: string) => z.int().min(0).nullable().describe(meaning);
/** As text: it may pass 2^53. */
const sum = (meaning: string) =>
  z
    .string()
    .regex(/^-?\d+$/)
    .describe(`${meaning}, a whole number as text`);
const time = (meaning: string) => z.string().nullable().describe(meaning);
const counts = (meaning: string) => z.record(z.string(), z.int()).describe(meaning);
const list = <T extends z.ZodType>(item: T, meaning: string) => z.array(item).describe(meaning);
const part = <T extends z.ZodRawShape>(shape: T, meaning: string) => z.strictObject(shape).nullable().describe(meaning);

const status = z.strictObject({
  switch: part(
    {
      namespace: text('where it is, or should be'),
      state: maybe('as it is written; Run where nobody touched it; null: there is none, which agents take as Run'),
      reason: maybe('what agents make of it; null: they act'),
    },
    'null, like every other part: it may not be seen',
  ),
  operator: part(
    {
      leader: maybe('who leads; null: nobody'),
      renewedSecondsAgo: maybeInteger('since the leader was last heard of'),
      replicas: maybeInteger('of the Deployment'),
      readyReplicas: maybeInteger('those that are ready'),
    },
    'the operator',
  ),
  agents: part(
    {
      desired: maybeInteger('nodes that the DaemonSet is for; 0: none, or there is no DaemonSet'),
      ready: maybeInteger('agents that are ready'),
      reporting: integer('agents heard of in the last 10 minutes'),
      silent: list(z.string(), 'nodes whose agent was not'),
    },
    'the agents',
  ),
  nodes: part(
    {
      total: integer('nodes with an object of Ebb'),
      following: integer('those whose agent follows it'),
      paused: integer('those that are paused'),
      swapTotalBytes: bytes('swap of all of them'),
      swapFreeBytes: bytes('swap that is free'),
      swapKinds: counts('nodes by the kind of their swap'),
      idleContainers: integer('containers that are idle'),
      residentBytes: bytes('anonymous memory under policies that is resident'),
      swappedBytes: bytes('memory under policies that is in swap'),
      wouldReclaimBytes: bytes('what DryRun would put there of what is idle now'),
    },
    'the nodes',
  ),
  policies: part(
    {
      total: integer('policies of namespaces and of the cluster'),
      modes: counts('policies by their mode'),
      reclaimedBytesTotal: sum('bytes freed since the beginning'),
      refaultedBytesTotal: sum('bytes that came back'),
      netByteSeconds: sum('bytes kept out of memory, less what that cost, times seconds'),
    },
    'the policies',
  ),
  inTheWay: list(
    z.strictObject({
      reason: text('as docs/reasons.md has it'),
      meaning: text('in words'),
      what: text('switch, operator, agents, nodes, policies or containers'),
      count: integer('how many of them'),
      names: list(z.string(), 'the first three'),
    }),
    'what holds something up',
  ),
  unseen: list(z.string(), 'missing rights, in words'),
});

const pods = z.strictObject({
  pods: list(
    z.strictObject({
      namespace: text('of the pod'),
      pod: text('its name'),
      node: text('where it runs'),
      policy: maybe('whom it follows'),
      mode: maybe('what is in force'),
      states: list(z.string(), 'of its containers that are not Active'),
      swappedBytes: bytes('in swap'),
      residentBytes: bytes('anonymous and resident'),
      peakResidentBytes: bytes('the most that was resident since they were idle last'),
      wouldReclaimBytes: bytes('what DryRun would put into swap'),
    }),
    'pods with a container that is not Active',
  ),
  omittedContainers: integer('containers that found no room in the reports of their nodes'),
});

const nodes = z.strictObject({
  nodes: list(
    z.strictObject({
      node: text('its name'),
      heard: text('heard, silent, or not yet'),
      paused: list(z.string(), 'why it is paused'),
      idleContainers: integer('containers that are idle'),
      swappedBytes: bytes('in swap'),
      residentBytes: bytes('anonymous and resident'),
      wouldReclaimBytes: bytes('what DryRun would put into swap'),
      reclaimedBytesTotal: sum('bytes freed since the object was made'),
      refaultedBytesTotal: sum('bytes that came back'),
      netByteSeconds: sum('net gain'),
      swapFreeBytes: maybeBytes('swap that is free'),
      swapTotalBytes: maybeBytes('swap of the node'),
    }),
    'nodes with an object of Ebb',
  ),
});

const policiesTop = z.strictObject({
  policies: list(
    z.strictObject({
      policy: text('namespace/name, or the name of a cluster policy'),
      kind: text('its kind'),
      mode: text('its mode'),
      matchedPods: integer('pods that it selects'),
      idleContainers: integer('containers that are idle'),
      swappedBytes: sum('in swap'),
      residentBytes: sum('anonymous and resident'),
      wouldReclaimBytes: sum('what DryRun would put into swap'),
      reclaimedBytesTotal: sum('bytes freed since the beginning'),
      refaultedBytesTotal: sum('bytes that came back'),
      netByteSeconds: sum('net gain'),
    }),
    'policies',
  ),
});

const judged = z.strictObject({
  kind: text('of the policy'),
  policy: text('namespace/name, or the name of a cluster policy'),
  mode: maybe('as its spec says; null: it can’t be read'),
  priority: maybeInteger('lower wins'),
  outcome: text('Follows, Overridden, Refused, NotSelected or Invalid'),
  reason: maybe('as docs/reasons.md has it'),
  words: text('why'),
});

const why = z.strictObject({
  pod: z.strictObject({ namespace: text('of the pod'), name: text('its name'), node: text('where it runs') }),
  policy: part(
    {
      kind: text('of the policy'),
      name: text('namespace/name, or the name of a cluster policy'),
      mode: text('what is in force'),
      limits: list(z.string(), 'MemoryAdviceLimits that tightened it'),
    },
    'whom the pod follows; null: nobody',
  ),
  node: z.strictObject({
    heard: text('heard, silent, not yet, or no object'),
    reportTime: time('when the agent reported'),
    current: z.boolean().describe('whether the report is on the newest spec'),
    reasons: list(
      z.strictObject({
        reason: text('what holds the node back'),
        meaning: text('in words'),
        message: text('of the agent'),
      }),
      'of the node as a whole',
    ),
  }),
  containers: list(
    z.strictObject({
      name: text('of the container'),
      state: text('Active, Idle, Cold, PagedOut, Waking, Skipped, Backoff or Unknown'),
      reason: maybe('as docs/reasons.md has it'),
      meaning: text('in words'),
      since: time('when it came into this state'),
      residentBytes: maybeBytes('anonymous and resident'),
      swappedBytes: maybeBytes('in swap'),
      swapLimitBytes: maybeBytes('what it may have there; null: no limit'),
      peakResidentBytes: maybeBytes('the most that was resident since it was idle last'),
      wouldReclaimBytes: maybeBytes('what DryRun would have put into swap'),
      lastAdvice: maybe('Cold, PageOut or WillNeed'),
      lastAdviceTime: time('when that was'),
      blocker: part(
        { signal: text('what was looked at'), observed: integer('what it was'), allowed: integer('what it may be') },
        'what keeps it from the next step',
      ),
    }),
    'those that the policy is for',
  ),
  notTaken: z.array(judged).nullable().describe('where no policy has the pod: what each says; null: not to be seen'),
});

const policies = z.strictObject({
  pod: z.strictObject({ namespace: text('of the pod'), name: text('its name'), node: text('where it runs') }),
  follows: maybe('whom; null: nobody'),
  reason: maybe('why nobody'),
  mode: maybe('what is in force after limits and the namespace’s label'),
  notes: list(z.string(), 'reasons why it does less than the policy says'),
  containers: list(z.string(), 'those that the policy is for'),
  policies: list(judged, 'of the pod’s namespace and of the cluster'),
  limits: list(
    z.strictObject({
      limit: text('of the MemoryAdviceLimit'),
      matches: z.boolean().describe('whether it holds for the pod'),
      tightens: list(
        z.strictObject({
          field: text('of the rules'),
          from: z.unknown().describe('as the policy has it'),
          to: z.unknown().describe('as it is in force'),
        }),
        'what it makes tighter',
      ),
      words: text('the same in words'),
    }),
    'every MemoryAdviceLimit',
  ),
  rules: z.unknown().describe('those in force, as spec.profiles[] of the node’s object (api.md); null: none'),
  programmed: z.boolean().nullable().describe('whether the node’s object says so; null: not to be seen'),
});

const pause = z.strictObject({
  node: text('its name'),
  reasons: list(z.string(), 'why it is paused now; none: it is not'),
});

const steered = z.strictObject({
  namespace: text('where the switch is'),
  state: text('what it says now'),
  before: text('what it said before'),
  agents: part(
    {
      obeyed: list(z.string(), 'nodes whose agents have reported since then that they do it'),
      waiting: list(z.string(), 'nodes whose agents have not'),
      silent: list(z.string(), 'nodes whose agents were not heard in the last 10 minutes'),
    },
    'null: it was not waited for them',
  ),
});

/** By command, and for top by what is listed. */
export const shapes = {
  status,
  'top pods': pods,
  'top nodes': nodes,
  'top policies': policiesTop,
  why,
  policies,
  pause,
  resume: pause,
  stop: steered,
  restore: steered,
  observe: steered,
  run: steered,
} as const;
