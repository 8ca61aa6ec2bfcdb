/** `ebb policy check`: flags were parsed already, the check does the rest and prints. */
import type { Run } from '../command.ts';
import type { ExitCode } from '../exit.ts';
import { policyCheck } from '../policy-check.ts';

export const run: Run = async ({ values, positionals }) =>
  (await policyCheck(positionals, { json: values['json'] === true })) as ExitCode;
