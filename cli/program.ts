/** What a command line program is: its name as it is typed, its commands, and what its overview says. */
import type { Command } from './command.ts';

/** A term and what it means, as help texts list them. */
export type Definition = readonly [term: string, says: string];

export interface Program {
  /** As typed: "ebb", "kubectl ebb". */
  readonly name: string;
  /** Behind name and version. */
  readonly about: string;
  readonly commands: readonly Command[];
  readonly start: readonly Definition[];
  readonly closing: string;
  readonly exits: readonly Definition[];
  /** Words for an error that is not of exit.ts; null: its own message. */
  readonly explain?: (error: unknown) => string | null;
}

export const ebbProgram = (commands: readonly Command[]): Program => ({
  name: 'ebb',
  about: 'gives back the memory that idle containers hold, by process_madvise(2) through pidfds.',
  commands,
  start: [
    ['ebb probe', 'what this kernel, these rights and this swap allow'],
    ['ebb ps', 'find a container and its processes'],
    ['ebb advise --container ID --advice pageout --dry-run', 'see what would be paged out'],
  ],
  closing:
    'ebb COMMAND --help explains a command, ebb --version prints the version. Every command but agent and ' +
    'policy check takes --json. docs/cli.md has every flag and every JSON field.',
  exits: [
    ['0', 'done'],
    ['1', 'failed'],
    ['2', 'bad usage'],
    ['3', 'refused for safety; the reason is named (docs/reasons.md)'],
  ],
});
