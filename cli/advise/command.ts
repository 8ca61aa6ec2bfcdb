/** `ebb advise`: its flags and help. */
import type { Command } from '../command.ts';

export const advices = ['cold', 'pageout', 'willneed', 'collapse'] as const;

export const advise: Command = {
  name: 'advise',
  summary: 'give one piece of advice on the memory of a process, a container or a cgroup',
  usage: [
    '--pid N [--in-container ID] --advice ADVICE [flags]',
    '--container ID --advice ADVICE [flags]',
    '--cgroup PATH --advice ADVICE [flags]',
  ],
  about: [
    'Proves through a pidfd that each process is the one meant, plans which ranges of private anonymous memory to ' +
      'advise, advises them in small chunks so that the process never stops for long, and says what happened: not ' +
      'what was asked of the kernel, but what left and what was freed. No program data is ever lost.',
    'cold: the kernel takes these pages first when memory runs short. pageout: write them to swap now. willneed: ' +
      'bring back what is in swap. collapse: make huge pages (for busy processes).',
    'Ctrl-C stops between two chunks and prints what was done until then.',
  ],
  flags: {
    pid: {
      value: 'N',
      help: 'this process; with --in-container N is a PID inside the container, else one of this host',
    },
    'in-container': { value: 'ID', help: 'the container that --pid counts in' },
    container: { value: 'ID', help: 'every process of this container; the first characters of its ID are enough' },
    cgroup: {
      value: 'PATH',
      help: 'every process of this memory cgroup and those below it; "/system.slice/x.service" or the whole path',
    },
    advice: { value: 'ADVICE', required: true, help: 'cold, pageout, willneed or collapse' },
    'dry-run': { help: 'prove and plan, touch nothing, say what would be advised' },
    'keep-resident': {
      value: 'BYTES',
      help: 'leave at least so much resident, of all processes together (default 0); "64Mi" works',
    },
    'min-range': { value: 'BYTES', help: 'leave alone what is smaller, together with its neighbours (default 64Ki)' },
    'max-stall-us': { value: 'MICROS', help: 'one call holds the process up at most so long (default 2000)' },
    'max-bytes-per-second': { value: 'BYTES', help: 'at most so fast (default: as fast as the kernel goes)' },
    'allow-reclaim': {
      help: 'on a swap file or disk: then have the cgroup reclaim what waits in the swap cache, from before too',
    },
    json: { help: 'print JSON instead of a table (docs/cli.md has every field)' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    {
      command: 'sudo ebb advise --container 3f2a --advice pageout --dry-run',
      says: 'what would be paged out, process by process',
    },
    { command: 'sudo ebb advise --container 3f2a --advice pageout', says: 'page the container out' },
    {
      command: 'sudo ebb advise --pid 7 --in-container 3f2a --advice willneed',
      says: 'bring back what PID 7 of that container has in swap',
    },
  ],
  exits: {
    0: 'advised (or planned, with --dry-run)',
    1: 'failed: a process ended or resisted on the way, or Ctrl-C',
    3: 'refused for safety, nothing was advised: no such process, PID 1, Ebb itself, a kernel thread, no swap, a missing capability…',
  },
  load: async () => (await import('./run.ts')).run,
};
