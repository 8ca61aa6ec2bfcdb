/** `ebb operator`: checks the flags, then hands over to the operator until a signal ends it. */
import { checkConfig, type OperatorConfig } from '../../operator/config.ts';
import { startOperator } from '../../operator/main.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Run, Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { given, text } from '../parse.ts';
import { checkInstallation } from './check.ts';

export const run: Run = async ({ values }) => {
  const seconds = text(values, 'check');
  if (seconds !== undefined) return await checkInstallation(configOf(values), secondsOf(seconds));
  await startOperator(configOf(values), packageJson.version);
  return 0;
};

function secondsOf(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 600) return Number(text);
  throw new UsageError(`--check ${text}: must be a whole number of seconds, 0 to 600`);
}

function configOf(values: Values): OperatorConfig {
  const checked = checkConfig({
    ...given('kubeconfig', text(values, 'kubeconfig')),
    ...given('namespace', text(values, 'namespace')),
    ...given('metrics', text(values, 'metrics')),
    ...given('writesPerSecond', text(values, 'writes-per-second')),
    ...given('statusSeconds', text(values, 'status-period')),
    ...given('agentNodeSelector', text(values, 'agent-node-selector')),
    ...given('logLevel', text(values, 'log-level')),
    defaultPolicy: values['no-default-policy'] !== true,
  });
  if (!checked.ok) throw new UsageError(checked.error);
  return checked.config;
}
