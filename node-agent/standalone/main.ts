/** `ebb agent --standalone`: the agent with policies from files. */
import { formatError } from '../../api/documents.ts';
import type { StandaloneConfig } from '../config.ts';
import { readableBy, runAgentProgram, type Started } from '../start.ts';
import { type PolicyWatch, watchPolicies } from './policies.ts';
import { sourceOf } from './source.ts';

/** Runs until a signal ends it: 0, or 1 where the worker went away. Throws StartError, with nothing left open. */
export function startAgent(config: StandaloneConfig, version: string): Promise<number> {
  return runAgentProgram(config, version, async (started) => sourceOf(await openPolicies(config, started)));
}

async function openPolicies(config: StandaloneConfig, { metrics, log }: Started): Promise<PolicyWatch> {
  readableBy(config, '--policies', config.policies);
  return watchPolicies(config.policies, (set) => {
    metrics.loaded(set.errors.length === 0 ? 'good' : 'bad');
    for (const error of set.errors)
      log.error({ policyError: formatError(error) }, 'Rejected policy file, the last good set stays in force');
    const names = set.profiles.map(({ profile }) => profile.name);
    log.info({ policies: names.length, generation: set.generation, errors: set.errors.length }, 'Loaded policies');
  });
}
