/** From the flags of `ebb agent` to what the agent checks its configuration from; only what was given is there. */
import { resolve } from 'node:path';
import { type Surroundings, whoAmI } from '../../node-agent/cluster/identity.ts';
import {
  type Checked,
  type ClusterConfig,
  checkClusterConfig,
  checkConfig,
  type StandaloneConfig,
} from '../../node-agent/config.ts';
import type { Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { given, text } from '../parse.ts';

export const isStandalone = (values: Values): boolean => values['standalone'] === true;

export function standaloneConfig(values: Values): StandaloneConfig {
  const policies = text(values, 'policies');
  if (policies === undefined) throw new UsageError('--standalone needs --policies DIR');
  refuse(values, clusterFlags, 'is for an agent in a cluster: leave out --standalone');
  return checked(checkConfig({ policies: resolve(policies), ...optionsOf(values) }));
}

/** `around`: what the pod says of itself, where a flag does not. */
export function clusterConfig(values: Values, around: Surroundings): ClusterConfig {
  refuse(values, ['policies'], 'needs --standalone: in a cluster the policies come from the API server');
  const { nodeName, nodeUID, namespace } = whoAmI(around);
  const named = {
    ...given('nodeName', text(values, 'node-name') ?? nodeName),
    ...given('nodeUID', text(values, 'node-uid') ?? nodeUID),
    nodeUIDByToken: text(values, 'node-uid') === undefined,
    ...given('namespace', text(values, 'namespace') ?? namespace),
    ...given('kubeconfig', absolute(text(values, 'kubeconfig'))),
    ...given('staleSpecSeconds', text(values, 'stale-spec-seconds')),
    ...given('podMetrics', text(values, 'pod-metrics')),
  };
  if (!('nodeName' in named)) throw new UsageError(`--node-name NAME is needed: ${unsaid}`);
  if (!('nodeUID' in named)) throw new UsageError(`--node-uid UID is needed: ${unsaid}`);
  return checked(checkClusterConfig({ ...named, ...optionsOf(values) }));
}

const unsaid = 'no token of a pod on a node says it (ebb agent --standalone runs without a cluster)';
const clusterFlags = ['node-name', 'node-uid', 'namespace', 'kubeconfig', 'stale-spec-seconds', 'pod-metrics'];

function refuse(values: Values, flags: readonly string[], why: string): void {
  const found = flags.find((flag) => values[flag] !== undefined);
  if (found !== undefined) throw new UsageError(`--${found} ${why}`);
}

function optionsOf(values: Values): object {
  return {
    ...given('periodSeconds', text(values, 'period')),
    ...given('wakePeriodMillis', text(values, 'wake-period')),
    ...given('metrics', text(values, 'metrics')),
    ...given('socket', absolute(text(values, 'socket'))),
    ...given('lock', absolute(text(values, 'lock'))),
    ...given('stateFolder', absolute(text(values, 'state-dir'))),
    ...given('cgroupRoot', text(values, 'cgroup-root')),
    ...given('user', text(values, 'user')),
    ...given('logLevel', text(values, 'log-level')),
    ...given('workerSocket', absolute(text(values, 'worker-socket'))),
    allowReclaim: values['allow-reclaim'] === true,
    learnHotRanges: values['no-hot-ranges'] !== true,
  };
}

function checked<Config>(result: Checked<Config>): Config {
  if (!result.ok) throw new UsageError(result.error);
  return result.config;
}

const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
