/** What a command is: enough to parse its arguments and to teach its use, without loading what it runs. */
import type { ExitCode } from './exit.ts';

/** What a shell may offer: these words, or names that have to be asked for. */
export type Completes = 'pods' | 'nodes' | 'namespaces' | 'contexts' | 'files' | readonly string[];

export interface Flag {
  /** What stands behind the flag, "BYTES"; absent: it takes no value. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
  readonly required?: boolean;
  /** Its value. */
  readonly completes?: Completes;
}

export interface Example {
  readonly command: string;
  readonly says: string;
}

export interface Command {
  /** One word, or two: "policy check". */
  readonly name: string;
  readonly summary: string;
  /** Without "ebb NAME". */
  readonly usage: readonly string[];
  /** Paragraphs. */
  readonly about: readonly string[];
  readonly flags: Readonly<Record<string, Flag>>;
  readonly positionals: { readonly min: number; readonly max: number };
  /** Its operands. */
  readonly completes?: Completes;
  readonly examples: readonly Example[];
  /** What each exit code means here, beyond the general meaning. */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>;
  /** Loads the part that does the work. */
  readonly load: () => Promise<Run>;
}

export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Arguments {
  readonly values: Values;
  readonly positionals: readonly string[];
  /** As typed, without the command's name. */
  readonly raw: readonly string[];
}

export type Run = (input: Arguments) => Promise<ExitCode>;
