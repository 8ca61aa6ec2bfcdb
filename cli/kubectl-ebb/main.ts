/** `kubectl ebb` as kubectl finds it on the PATH: kubectl-ebb. */
import { runProgram } from '../ebb.ts';
import { plugin } from './commands.ts';

await runProgram(plugin);
