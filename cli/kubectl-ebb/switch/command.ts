/** `kubectl ebb stop`, `restore`, `observe`, `run`: the four ways that the switch can stand. */
import type { Command } from '../../command.ts';
import { installationFlags, outputFlag } from '../flags.ts';
import type { Way } from './run.ts';

interface Words extends Way {
  readonly summary: string;
  readonly about: string;
  readonly example: string;
  readonly says: string;
}

const yes = { yes: { short: 'y', help: 'does not ask; without a terminal nothing is asked either' } } as const;
const wait = (seconds: number) => ({
  wait: {
    value: 'SECONDS',
    help: `waits until every agent reports that it has obeyed, at most 3600; fails if one does not; 0 waits for none (default ${seconds})`,
  },
});

function command(name: string, { summary, about, example, says, ...way }: Words): Command {
  return {
    name,
    summary,
    usage: [`${way.asks ? '[--yes] ' : ''}[--wait SECONDS] [-o FORMAT]`],
    about: [
      about,
      'Sets data.state of the ConfigMap ebb-switch. Every agent reads it by itself and obeys within 10 s, with no operator ' +
        'alive; no upgrade of the chart sets it back.',
    ],
    flags: { ...(way.asks ? yes : {}), ...wait(way.waitSeconds), ...outputFlag, ...installationFlags },
    positionals: { min: 0, max: 0 },
    examples: [{ command: `kubectl ebb ${name}${example}`, says }],
    exits: { 1: 'not set, not confirmed, or not every agent obeyed while it waited' },
    load: async () => (await import('./run.ts')).setSwitch(way),
  };
}

export const stop = command('stop', {
  state: 'Stop',
  summary: 'end all advice on every node at once',
  about: 'What is in swap stays there and comes back as it is touched. kubectl ebb run goes on.',
  example: ' --yes --wait 60',
  says: 'an emergency; scripts need no --yes',
  asks: true,
  waitSeconds: 0,
});

export const restore = command('restore', {
  state: 'Restore',
  summary: 'bring back what was paged out on every node, then do nothing',
  about:
    'At a measured pace, and only as far as memory has room; waits until it is done. Before helm uninstall, and for a rollback.',
  example: '',
  says: 'then helm uninstall ebb',
  asks: true,
  waitSeconds: 3600,
});

export const observe = command('observe', {
  state: 'Observe',
  summary: 'let every node decide and touch nothing, as if all policies said DryRun',
  about: 'States and figures go on; no memory is advised.',
  says: 'to see what would be done before letting it act',
  example: '',
  asks: false,
  waitSeconds: 0,
});

export const run = command('run', {
  state: 'Run',
  summary: 'let every node do what the policies say',
  about: 'As without any switch.',
  says: 'after stop, restore or observe',
  example: '',
  asks: false,
  waitSeconds: 0,
});
