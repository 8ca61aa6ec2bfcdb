/** What the agent is started with: checked once, at the edge. Errors name the flag of `ebb agent`. */
import * as z from 'zod';
import { listenAddress } from '../kube/listen-address.ts';
import { logLevels } from '../kube/log.ts';

const number = (least: number, most: number) => z.coerce.number().min(least).max(most);
const path = z.string().startsWith('/', 'must be an absolute path').max(4096);

/**
 * The agent's user and group, and no one else's: what runs as the same user may be looked into and killed by it. charts/ebb
 * and images/Dockerfile have the number too, docs/decisions/0016-least-privilege.md says why this one.
 */
export const agentUser = 60932;

const anyAgent = {
  periodSeconds: number(0.1, 300).default(10),
  wakePeriodMillis: number(50, 10_000).default(1000),
  metrics: listenAddress.default({ host: '127.0.0.1', port: 9466 }),
  socket: path.default('/run/ebb/agent.sock'),
  lock: path.default('/run/ebb/agent.lock'),
  /** Where what was learned survives a restart; null: it does not. */
  stateFolder: path.nullable().default(null),
  /** Look for containers below this cgroup only. */
  cgroupRoot: path.nullable().default(null),
  /** Opt-in: the worker may write memory.reclaim of containers, to drop the swap cache of a disk swap. */
  allowReclaim: z.boolean().default(false),
  /** Read page maps of other users' processes (DAC_READ_SEARCH in the worker), for hot ranges. */
  learnHotRanges: z.boolean().default(true),
  /** User and group that the agent gives itself once the worker runs. */
  user: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(agentUser),
  logLevel: z.enum(logLevels).default('info'),
  /** Where a worker waits that runs already; null: the agent starts its own, as root. */
  workerSocket: path.nullable().default(null),
};

const standalone = z.strictObject({ policies: path, ...anyAgent });

const objectName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,252}$/, 'must be the name of an object');

const cluster = z.strictObject({
  nodeName: objectName,
  /** Of the Node: an object for another of the same name is not ours. */
  nodeUID: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a UID'),
  /** The token of the pod said so; once the Node is registered anew, a later token says another. */
  nodeUIDByToken: z.boolean().default(false),
  /** Ebb's own, where ebb-switch is. */
  namespace: objectName.default('ebb-system'),
  /** null: the pod's own ServiceAccount. */
  kubeconfig: path.nullable().default(null),
  /** Without a word from the API server for so long, what it said last is only observed. */
  staleSpecSeconds: z.coerce.number().int().min(60).max(86_400).default(600),
  /** Of so many pods, at most, metrics have series of their own. */
  podMetrics: z.coerce.number().int().min(0).max(1000).default(0),
  ...anyAgent,
});

export type StandaloneConfig = z.output<typeof standalone>;
export type AgentOptions = z.input<typeof standalone>;
export type ClusterConfig = z.output<typeof cluster>;
/** What both have. */
export type AgentConfig = Omit<StandaloneConfig, 'policies'>;

const flags: Readonly<Record<string, string>> = {
  policies: '--policies',
  periodSeconds: '--period',
  wakePeriodMillis: '--wake-period',
  metrics: '--metrics',
  socket: '--socket',
  lock: '--lock',
  stateFolder: '--state-dir',
  cgroupRoot: '--cgroup-root',
  allowReclaim: '--allow-reclaim',
  learnHotRanges: '--no-hot-ranges',
  user: '--user',
  logLevel: '--log-level',
  workerSocket: '--worker-socket',
  nodeName: '--node-name',
  nodeUID: '--node-uid',
  namespace: '--namespace',
  kubeconfig: '--kubeconfig',
  staleSpecSeconds: '--stale-spec-seconds',
  podMetrics: '--pod-metrics',
};

export type Checked<Config> =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly error: string };

/** `options`: AgentOptions, its values as typed on the command line. */
export const checkConfig = (options: unknown): Checked<StandaloneConfig> => checkedBy(standalone, options);

export const checkClusterConfig = (options: unknown): Checked<ClusterConfig> => checkedBy(cluster, options);

function checkedBy<Config>(schema: z.ZodType<Config>, options: unknown): Checked<Config> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return { ok: true, config: parsed.data };
  const issues = parsed.error.issues.map(
    (issue) => `${flags[String(issue.path[0])] ?? issue.path.join('.')}: ${issue.message}`,
  );
  return { ok: false, error: issues.join('; ') };
}
