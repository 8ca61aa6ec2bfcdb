/** The program that the tests of the agent start: the agent with the options it is given as JSON. */
import { checkConfig } from '../../../node-agent/config.ts';
import { startAgent } from '../../../node-agent/standalone/main.ts';
import { StartError } from '../../../node-agent/start.ts';

async function main(): Promise<number> {
  const checked = checkConfig(JSON.parse(process.argv[2]!));
  if (!checked.ok) throw new Error(checked.error);
  try {
    return await startAgent(checked.config, 'test');
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    console.log(JSON.stringify({ refused: error.code, message: error.message }));
    return error.exit;
  }
}

process.exit(await main());
