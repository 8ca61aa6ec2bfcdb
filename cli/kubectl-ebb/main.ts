/** `kubectl ebb` as kubectl finds it on the PATH: kubectl-ebb. */
import { runProgram } from '../ebb.ts';
import { commands, plugin } from './commands.ts';

const [word, ...typed] = process.argv.slice(2);
if (word === '__complete') await (await import('./completion/complete.ts')).complete(commands, typed);
else await runProgram(plugin);
