/** `ebb probe`: its flags and help. */
import type { Command } from '../command.ts';

export const probe: Command = {
  name: 'probe',
  summary: 'say what this kernel, these rights and this swap allow',
  usage: ['[--socket PATH] [--json]'],
  about: [
    'Asks the kernel which advice it takes for another process (on a child of its own, nothing else is touched), ' +
      'which capabilities Ebb holds, how the cgroups are laid out, what swap there is, and which pressure files exist. ' +
      'Whatever is missing is named with what to do about it.',
    'Starts a worker for it. Where the user is not root and an agent runs that it may ask, as in the container of the ' +
      'agent, that one’s worker answers.',
  ],
  flags: {
    socket: { value: 'PATH', help: 'ask the worker of the agent that listens here' },
    json: { help: 'print JSON instead of text (docs/cli.md has every field)' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    { command: 'sudo ebb probe', says: 'what works here, and what to do about what does not' },
    { command: "sudo ebb probe --json | jq '.missing'", says: 'only what is missing' },
  ],
  exits: {
    0: 'asked; what is missing is in the answer',
    1: 'could not ask (no worker, no native library)',
  },
  load: async () => (await import('./run.ts')).run,
};
