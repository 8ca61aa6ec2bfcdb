/** `ebb` as it is installed: every command. */
import { commands } from './commands.ts';
import { runEbb } from './ebb.ts';

await runEbb(commands);
