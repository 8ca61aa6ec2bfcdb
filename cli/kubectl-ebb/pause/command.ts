/** `kubectl ebb pause` and `kubectl ebb resume`: their flags and help. */
import type { Command } from '../../command.ts';
import { clusterFlags, outputFlag } from '../flags.ts';

export const pause: Command = {
  name: 'pause',
  summary: 'leave the memory of one node alone',
  usage: ['NODE [--reason TEXT] [-o FORMAT]'],
  about: [
    'Annotates the Node with ebb.dev/paused. The operator tells its agent at once: no Cold and no PageOut there; what is ' +
      'in swap may still be brought back. Nothing else on the node changes, and pods are scheduled as before.',
  ],
  flags: {
    reason: { value: 'TEXT', help: 'kept in the annotation, for whoever finds it' },
    ...outputFlag,
    ...clusterFlags,
  },
  positionals: { min: 1, max: 1 },
  completes: 'nodes',
  examples: [{ command: 'kubectl ebb pause node-7 --reason "latency test"', says: 'until kubectl ebb resume node-7' }],
  exits: { 1: 'there is no such node, or you may not patch it' },
  load: async () => (await import('./run.ts')).runPause,
};

export const resume: Command = {
  name: 'resume',
  summary: 'end what pause began',
  usage: ['NODE [-o FORMAT]'],
  about: ['Takes the annotation ebb.dev/paused from the Node, and names what pauses it still, such as a cordon.'],
  flags: { ...outputFlag, ...clusterFlags },
  positionals: { min: 1, max: 1 },
  completes: 'nodes',
  examples: [{ command: 'kubectl ebb resume node-7', says: 'its agent goes on with the policies' }],
  exits: { 1: 'there is no such node, or you may not patch it' },
  load: async () => (await import('./run.ts')).runResume,
};
