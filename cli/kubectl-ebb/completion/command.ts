/** `kubectl ebb completion`: its help. */
import type { Command } from '../../command.ts';

export const completion: Command = {
  name: 'completion',
  summary: 'print what a shell needs to complete kubectl ebb',
  usage: ['bash | zsh | fish | kubectl'],
  about: [
    'Completes commands, flags, pods, nodes, namespaces and contexts. The scripts for shells are sourced after kubectl’s own, ' +
      'and leave to it all but kubectl ebb.',
    'kubectl prints the program kubectl_complete-ebb instead: with it on the PATH the completion that kubectl itself brings ' +
      'knows kubectl ebb, in every shell. Archives of the plugin hold it.',
  ],
  flags: {},
  positionals: { min: 1, max: 1 },
  completes: ['bash', 'zsh', 'fish', 'kubectl'],
  examples: [
    {
      command: 'kubectl ebb completion bash > ~/.kubectl-ebb.bash',
      says: 'and source it in ~/.bashrc, after kubectl’s',
    },
  ],
  exits: {},
  load: async () => (await import('./run.ts')).run,
};
