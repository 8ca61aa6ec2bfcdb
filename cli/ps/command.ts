/** `ebb ps`: its flags and help. */
import type { Command } from '../command.ts';

export const sortKeys = ['anon', 'swap', 'pid', 'name'] as const;
export type SortKey = (typeof sortKeys)[number];

export const ps: Command = {
  name: 'ps',
  summary: 'list containers and their processes, with host and container PIDs',
  usage: ['[--all] [--sort anon|swap|pid|name] [--wide] [--json]'],
  about: [
    'Finds the containers of this host in its cgroup tree and shows each process by the PID that this host gives it ' +
      '(PID) and by the one it has inside its container (CPID). ANON is resident anonymous memory, SWAP what is paged ' +
      'out. Where an agent runs, STATE and REASON are what it decided; else STATE is the state of the process.',
    'Names that processes chose themselves are shown with every unprintable character escaped.',
  ],
  flags: {
    all: { short: 'a', help: 'every cgroup that has processes, not only containers' },
    sort: { value: 'KEY', help: 'anon, swap, pid or name; the largest first for anon (default) and swap' },
    wide: { short: 'w', help: 'the PID at every level of PID namespaces, the whole container ID and cgroup' },
    socket: { value: 'PATH', help: "the agent's socket (default /run/ebb/agent.sock)" },
    json: { help: 'print JSON instead of a table (docs/cli.md has every field)' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    { command: 'ebb ps', says: 'containers, the one with the most anonymous memory first' },
    { command: 'ebb ps --all --sort swap', says: 'every cgroup, services of the host too' },
  ],
  exits: {},
  load: async () => (await import('./run.ts')).run,
};
