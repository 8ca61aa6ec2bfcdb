/** `ebb agent`: checks the flags, then hands over to the agent until a signal ends it. */
import { StartError } from '../../node-agent/start.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Run, Values } from '../command.ts';
import { type ExitCode, Failed, Refused } from '../exit.ts';
import { clusterConfig, isStandalone, standaloneConfig } from './options.ts';

export const run: Run = async ({ values }) => {
  try {
    return (await (isStandalone(values) ? standalone(values) : cluster(values))) as ExitCode;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (error.exit === 3 && error.code !== null) throw new Refused(error.code, error.message);
    throw new Failed(error.code === null ? error.message : `${error.code}: ${error.message}`);
  }
};

/** Each loads only what it runs: the agent pays for what lies in memory. */
async function standalone(values: Values): Promise<number> {
  const config = standaloneConfig(values);
  const { startAgent } = await import('../../node-agent/standalone/main.ts');
  return await startAgent(config, packageJson.version);
}

async function cluster(values: Values): Promise<number> {
  const { surroundings } = await import('../../node-agent/cluster/surroundings.ts');
  const config = clusterConfig(values, surroundings());
  const { startClusterAgent } = await import('../../node-agent/cluster/main.ts');
  return await startClusterAgent(config, packageJson.version);
}
