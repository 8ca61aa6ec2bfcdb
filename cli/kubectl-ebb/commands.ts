/** The commands of `kubectl ebb`, in the order of the help text. Loading this loads none of what they run. */
import type { Command } from '../command.ts';
import type { Program } from '../program.ts';
import { completion } from './completion/command.ts';
import { pause, resume } from './pause/command.ts';
import { policies } from './policies/command.ts';
import { explain } from './rights.ts';
import { status } from './status/command.ts';
import { observe, restore, run, stop } from './switch/command.ts';
import { top } from './top/command.ts';
import { why } from './why/command.ts';

export const commands: readonly Command[] = [
  status,
  top,
  why,
  policies,
  pause,
  resume,
  stop,
  restore,
  observe,
  run,
  completion,
];

export const plugin: Program = {
  name: 'kubectl ebb',
  about: 'shows and steers Ebb, which gives back the memory that idle pods hold.',
  commands,
  start: [
    ['kubectl ebb status', 'how Ebb is doing, and what stands in its way'],
    ['kubectl ebb why POD', 'what became of a pod’s memory, and why'],
    ['kubectl ebb policies POD', 'which policy it follows, and why none of the others'],
  ],
  closing:
    'kubectl ebb COMMAND --help explains a command. docs/kubectl-ebb.md has the rights that each needs, and every field of -o json.',
  exits: [
    ['0', 'done'],
    ['1', 'failed; one line says what and what to do'],
    ['2', 'bad usage'],
  ],
  explain,
};
