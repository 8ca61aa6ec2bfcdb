/** Every command, in the order of the help text. Loading this loads none of what they run. */
import { advise } from './advise/command.ts';
import { agent } from './agent/command.ts';
import type { Command } from './command.ts';
import { operator } from './operator/command.ts';
import { policyCheck } from './policy/command.ts';
import { probe } from './probe/command.ts';
import { ps } from './ps/command.ts';
import { why } from './why/command.ts';

export const commands: readonly Command[] = [probe, ps, advise, why, policyCheck, agent, operator];
