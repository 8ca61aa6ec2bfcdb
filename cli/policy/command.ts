/** `ebb policy check`: its help; cli/policy-check.ts does the work. */
import type { Command } from '../command.ts';

export const policyCheck: Command = {
  name: 'policy check',
  summary: 'check policy files without a cluster',
  usage: ['[--json] FILE…'],
  about: [
    'Reads files of MemoryAdvicePolicy, ClusterMemoryAdvicePolicy and MemoryAdviceLimit and names the file, the field, ' +
      'the value and what is allowed for everything that is wrong, as an API server would. A folder stands for the ' +
      '*.yaml and *.yml files in it.',
  ],
  flags: { json: { help: 'print JSON instead of text (docs/cli.md has every field)' } },
  positionals: { min: 1, max: 1000 },
  examples: [{ command: 'ebb policy check examples/standalone/*.yaml', says: 'before the agent reads them' }],
  exits: { 0: 'every file is good', 1: 'a file is not; each error is named' },
  load: async () => (await import('./run.ts')).run,
};
