/** `ebb operator`: checks the flags, then hands over to the operator until a signal ends it. */
import { checkConfig, type OperatorConfig } from '../../operator/config.ts';
import { startOperator } from '../../operator/main.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Run, Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { given, text } from '../parse.ts';

export const run: Run = async ({ values }) => {
  await startOperator(configOf(values), packageJson.version);
  return 0;
};

function configOf(values: Values): OperatorConfig {
  const checked = checkConfig({
    ...given('kubeconfig', text(values, 'kubeconfig')),
    ...given('namespace', text(values, 'namespace')),
    ...given('metrics', text(values, 'metrics')),
    ...given('writesPerSecond', text(values, 'writes-per-second')),
    ...given('statusSeconds', text(values, 'status-period')),
    ...given('logLevel', text(values, 'log-level')),
    defaultPolicy: values['no-default-policy'] !== true,
  });
  if (!checked.ok) throw new UsageError(checked.error);
  return checked.config;
}
