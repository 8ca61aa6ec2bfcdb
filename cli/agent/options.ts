/** From the flags of `ebb agent` to what the agent checks its configuration from; only what was given is there. */
import { resolve } from 'node:path';
import { checkConfig, type StandaloneConfig } from '../../node-agent/config.ts';
import type { Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { given, text } from '../parse.ts';

export function configOf(values: Values): StandaloneConfig {
  if (values['standalone'] !== true) throw new UsageError('this version runs without a cluster only: add --standalone');
  const policies = text(values, 'policies');
  if (policies === undefined) throw new UsageError('--policies DIR is required');
  const checked = checkConfig({
    policies: resolve(policies),
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
  });
  if (!checked.ok) throw new UsageError(checked.error);
  return checked.config;
}

const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(path));
