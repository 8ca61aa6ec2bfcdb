/** `kubectl ebb top`: its flags and help. */
import type { Command } from '../../command.ts';
import { clusterFlags, namespaceFlag, outputFlag, watchFlag } from '../flags.ts';

export const top: Command = {
  name: 'top',
  summary: 'list pods, nodes or policies by the memory that was moved',
  usage: [
    '[pods] [-A | -n NAME] [--sort-by FIELD] [-w] [-o FORMAT]',
    'nodes [flags]',
    'policies [-A | -n NAME] [flags]',
  ],
  about: [
    'Pods with a container that is not Active: what of them is in swap, what is resident, and what a DryRun would put into swap. Nodes and policies: also what ' +
      'was reclaimed in all, what came back, and the net gain, memory kept free times hours. Of a single pod no such sums are ' +
      'kept. Policies of the cluster are listed with -A.',
  ],
  flags: {
    ...namespaceFlag,
    'all-namespaces': { short: 'A', help: 'pods and policies of every namespace' },
    'sort-by': {
      value: 'FIELD',
      help: 'the most first. Pods: swapped (default), resident, peak, would; nodes and policies: reclaimed (default), swapped, net, resident, would',
      completes: ['swapped', 'resident', 'peak', 'reclaimed', 'net', 'would'],
    },
    ...watchFlag,
    ...outputFlag,
    ...clusterFlags,
  },
  positionals: { min: 0, max: 1 },
  completes: ['pods', 'nodes', 'policies'],
  examples: [
    { command: 'kubectl ebb top pods -A', says: 'which pods have the most in swap' },
    { command: 'kubectl ebb top nodes --sort-by net', says: 'where it pays most' },
  ],
  exits: {},
  load: async () => (await import('./run.ts')).run,
};
