/** `kubectl ebb stop`, `restore`, `observe`, `run`: the four ways that the switch can stand. */
import type { SwitchState } from '../../../node-agent/cluster/switch.ts';
import type { Command } from '../../command.ts';
import { installationFlags } from '../flags.ts';

interface Way {
  readonly state: SwitchState;
  readonly summary: string;
  readonly about: string;
  readonly says: string;
  readonly asks: boolean;
}

const yes = { yes: { short: 'y', help: 'does not ask; without a terminal nothing is asked either' } } as const;
const wait = {
  wait: {
    value: 'SECONDS',
    help: 'waits until every agent that reports has obeyed, 1 to 3600; fails if they have not',
  },
} as const;

function command(name: string, { state, summary, about, says, asks }: Way): Command {
  return {
    name,
    summary,
    usage: [`${asks ? '[--yes] ' : ''}[--wait SECONDS]`],
    about: [
      about,
      'Sets data.state of the ConfigMap ebb-switch. Every agent reads it by itself and obeys within 10 s, with no operator ' +
        'alive; no upgrade of the chart sets it back.',
    ],
    flags: { ...(asks ? yes : {}), ...wait, ...installationFlags },
    positionals: { min: 0, max: 0 },
    examples: [{ command: `kubectl ebb ${name}${asks ? ' --yes --wait 60' : ''}`, says }],
    exits: { 1: 'not set, not confirmed, or with --wait: not every agent obeyed in time' },
    load: async () => (await import('./run.ts')).setSwitch(state, asks),
  };
}

export const stop = command('stop', {
  state: 'Stop',
  summary: 'end all advice on every node at once',
  about: 'What is in swap stays there and comes back as it is touched. kubectl ebb run goes on.',
  says: 'an emergency; scripts need no --yes',
  asks: true,
});

export const restore = command('restore', {
  state: 'Restore',
  summary: 'bring back what was paged out on every node, then do nothing',
  about: 'At a measured pace, and only as far as memory has room. Before helm uninstall, and for a rollback.',
  says: 'then helm uninstall ebb',
  asks: true,
});

export const observe = command('observe', {
  state: 'Observe',
  summary: 'let every node decide and touch nothing, as if all policies said DryRun',
  about: 'States and figures go on; no memory is advised.',
  says: 'to see what would be done before letting it act',
  asks: false,
});

export const run = command('run', {
  state: 'Run',
  summary: 'let every node do what the policies say',
  about: 'As without any switch.',
  says: 'after stop, restore or observe',
  asks: false,
});
