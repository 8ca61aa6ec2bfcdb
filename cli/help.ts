/** The help texts, made from the commands themselves, so that flags and help can't drift apart. */
import type { Command, Flag } from './command.ts';

const width = 100;

export function overview(commands: readonly Command[], version: string): string {
  const rows = commands.map((command) => [`ebb ${command.name}`, command.summary] as const);
  return lines(
    `ebb ${version}: gives back the memory that idle containers hold, by process_madvise(2) through pidfds.`,
    '',
    'Commands:',
    ...definitions(rows),
    '',
    'Start here:',
    ...definitions([
      ['ebb probe', 'what this kernel, these rights and this swap allow'],
      ['ebb ps', 'find a container and its processes'],
      ['ebb advise --container ID --advice pageout --dry-run', 'see what would be paged out'],
    ]),
    '',
    ...wrap(
      'ebb COMMAND --help explains a command, ebb --version prints the version. Every command but agent and ' +
        'policy check takes --json. docs/cli.md has every flag and every JSON field.',
      '',
    ),
    '',
    'Exit codes:',
    ...definitions(general),
  );
}

/** Of a word that only begins the names of commands: "policy". */
export function groupHelp(word: string, commands: readonly Command[]): string {
  const rows = commands.map((command) => [`ebb ${command.name}`, command.summary] as const);
  return lines(`Commands of ebb ${word}:`, ...definitions(rows), '', `ebb ${word} COMMAND --help explains a command.`);
}

export function manual(command: Command): string {
  return lines(
    ...wrap(`ebb ${command.name}: ${command.summary}.`, ''),
    '',
    'Usage:',
    ...command.usage.flatMap((usage) => wrap(`ebb ${command.name} ${usage}`, '  ', '      ')),
    ...command.about.flatMap((paragraph) => ['', ...wrap(paragraph, '')]),
    '',
    'Flags:',
    ...definitions([...Object.entries(command.flags).map(flagRow), ['-h, --help', 'this text']]),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.flatMap((example) => [`  ${example.command}`, ...wrap(example.says, '      ')]),
    '',
    'Exit codes:',
    ...definitions(general.map(([code, says]) => [code, command.exits[Number(code) as 0 | 1 | 2 | 3] ?? says])),
  );
}

/** What a usage error shows under its message. */
export const shortUsage = (command: Command): string =>
  lines(
    ...command.usage.map((usage, index) =>
      `${index === 0 ? 'usage:' : '      '} ebb ${command.name} ${usage}`.trimEnd(),
    ),
    `       ebb ${command.name} --help explains every flag`,
  );

const general: readonly (readonly [string, string])[] = [
  ['0', 'done'],
  ['1', 'failed'],
  ['2', 'bad usage'],
  ['3', 'refused for safety; the reason is named (docs/reasons.md)'],
];

function flagRow([name, flag]: [string, Flag]): readonly [string, string] {
  const long = flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`;
  return [flag.short === undefined ? long : `-${flag.short}, ${long}`, flag.help];
}

function definitions(rows: readonly (readonly [string, string])[]): string[] {
  const column = Math.min(34, Math.max(...rows.map(([term]) => term.length)) + 2);
  return rows.flatMap(([term, says]) => {
    const body = wrap(says, ' '.repeat(column + 2));
    if (term.length >= column) return [`  ${term}`, ...body];
    return [`  ${term.padEnd(column)}${body[0]?.trimStart() ?? ''}`, ...body.slice(1)];
  });
}

function wrap(text: string, indent: string, next = indent): string[] {
  const out: string[] = [];
  let line = indent;
  for (const word of text.trim().split(' ')) {
    if (line.trim() !== '' && line.length + word.length >= width) {
      out.push(line.trimEnd());
      line = next;
    }
    line += `${word} `;
  }
  return [...out, line.trimEnd()];
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
