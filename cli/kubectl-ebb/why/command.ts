/** `kubectl ebb why`: its flags and help. */
import type { Command } from '../../command.ts';
import { installationFlags, namespaceFlag, outputFlag, watchFlag } from '../flags.ts';

export const why: Command = {
  name: 'why',
  summary: 'say what became of a pod’s memory, and why',
  usage: ['POD [-n NAME] [-w] [-o FORMAT]'],
  about: [
    'From the object of the pod’s node: of each container the state, the reason in words, what holds the next step back ' +
      '(the signal, what was observed, what is allowed) and its memory; of the node what holds all of it back; and the policy.',
    'The history of decisions is on the node itself: ebb why, in the agent’s container.',
  ],
  flags: { ...namespaceFlag, ...watchFlag, ...outputFlag, ...installationFlags },
  positionals: { min: 1, max: 1 },
  completes: 'pods',
  examples: [
    { command: 'kubectl ebb why web-0 -n shop', says: 'why it was paged out, or why not' },
    { command: 'kubectl ebb why web-0 -n shop -w', says: 'while it becomes idle' },
  ],
  exits: { 0: 'told; also where nothing is done for the pod', 1: 'there is no such pod, or it may not be seen' },
  load: async () => (await import('./run.ts')).run,
};
