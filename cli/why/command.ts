/** `ebb why`: its flags and help. */
import type { Command } from '../command.ts';

export const why: Command = {
  name: 'why',
  summary: 'say what the running agent decided about a container, and why',
  usage: ['[CONTAINER] [--json]'],
  about: [
    'Asks the agent of this host. With CONTAINER (the first characters of an ID, or a cgroup path): its state, the ' +
      'reason, since when, what holds the next step back (the signal, what was observed, what is allowed), the policy ' +
      'behind it, when the next step is due, and the history of decisions. Without: one line for each container.',
  ],
  flags: {
    socket: { value: 'PATH', help: "the agent's socket (default /run/ebb/agent.sock)" },
    json: { help: 'print JSON instead of text (docs/cli.md has every field)' },
  },
  positionals: { min: 0, max: 1 },
  examples: [
    { command: 'sudo ebb why', says: 'every container the agent knows, its state and reason' },
    { command: 'sudo ebb why 3f2a', says: 'why this one was paged out, or why not' },
  ],
  exits: { 1: 'no agent answers, or it does not know the container' },
  load: async () => (await import('./run.ts')).run,
};
