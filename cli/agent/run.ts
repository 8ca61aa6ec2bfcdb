/** `ebb agent`: checks the flags, then hands over to the agent until a signal ends it. */

import { startAgent } from '../../node-agent/standalone/main.ts';
import { StartError } from '../../node-agent/start.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Run } from '../command.ts';
import { type ExitCode, Failed, Refused } from '../exit.ts';
import { configOf } from './options.ts';

export const run: Run = async ({ values }) => {
  const config = configOf(values);
  try {
    return (await startAgent(config, packageJson.version)) as ExitCode;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    if (error.exit === 3 && error.code !== null) throw new Refused(error.code, error.message);
    throw new Failed(error.code === null ? error.message : `${error.code}: ${error.message}`);
  }
};
