/** `kubectl ebb completion SHELL`. */
import { escapeText } from '../../../api/escape.ts';
import type { Run } from '../../command.ts';
import { exit, UsageError } from '../../exit.ts';
import { print } from '../../output.ts';
import { scripts } from './scripts.ts';

export const run: Run = async ({ positionals }) => {
  const shell = positionals[0] ?? '';
  if (!Object.hasOwn(scripts, shell))
    throw new UsageError(`shell ${escapeText(shell)}: allowed: ${Object.keys(scripts).join(', ')}`);
  print(scripts[shell as keyof typeof scripts]);
  return exit.done;
};
