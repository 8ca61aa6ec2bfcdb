/** `kubectl ebb status`: its flags and help. */
import type { Command } from '../../command.ts';
import { installationFlags, outputFlag, watchFlag } from '../flags.ts';

export const status: Command = {
  name: 'status',
  summary: 'say how Ebb is doing in this cluster, and what stands in its way',
  usage: ['[-w] [-o FORMAT]'],
  about: [
    'The switch, who leads, which agents report, what swap the nodes have, policies by mode, what was reclaimed since ' +
      'the beginning and what came back; then each reason that holds something up, how much of it, and what it means.',
    'What you may not see is left out and named, with the role that lets you.',
  ],
  flags: { ...outputFlag, ...watchFlag, ...installationFlags },
  positionals: { min: 0, max: 0 },
  examples: [
    { command: 'kubectl ebb status', says: 'after installing, or when little is reclaimed' },
    { command: 'kubectl ebb status -w', says: 'while a roll-out or a restore goes on' },
  ],
  exits: { 0: 'told; also where something stands in the way' },
  load: async () => (await import('./run.ts')).run,
};
