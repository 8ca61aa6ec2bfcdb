/** `kubectl ebb policies`: its flags and help. */
import type { Command } from '../../command.ts';
import { installationFlags, namespaceFlag, outputFlag } from '../flags.ts';

export const policies: Command = {
  name: 'policies',
  summary: 'say which policy a pod follows, and why none of the others',
  usage: ['POD [-n NAME] [-o FORMAT]'],
  about: [
    'Judges by the operator’s own rules: every policy of the pod’s namespace and of the cluster, whether it selects the ' +
      'pod, who wins and why, what each MemoryAdviceLimit tightens, and whether the node’s object says so already.',
    'With -o wide also the rules that are in force in the end.',
  ],
  flags: { ...namespaceFlag, ...outputFlag, ...installationFlags },
  positionals: { min: 1, max: 1 },
  completes: 'pods',
  examples: [
    { command: 'kubectl ebb policies web-0 -n shop', says: 'before and after a policy is applied' },
    { command: 'kubectl ebb policies web-0 -n shop -o wide', says: 'and what holds for it, limits included' },
  ],
  exits: { 0: 'told; also where no policy takes the pod', 1: 'there is no such pod, or something may not be seen' },
  load: async () => (await import('./run.ts')).run,
};
