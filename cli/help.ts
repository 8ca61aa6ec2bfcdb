/** The help texts, made from the commands themselves, so that flags and help can't drift apart. */
import type { Command, Flag } from './command.ts';
import type { Definition, Program } from './program.ts';

const width = 100;

export function overview(program: Program, version: string): string {
  const { name, about, commands, start, closing, exits } = program;
  return lines(
    `${name} ${version}: ${about}`,
    '',
    'Commands:',
    ...definitions(rowsOf(program, commands)),
    '',
    'Start here:',
    ...definitions(start),
    '',
    ...wrap(closing, ''),
    '',
    'Exit codes:',
    ...definitions(exits),
  );
}

/** Of a word that only begins the names of commands: "policy". */
export function groupHelp(program: Program, word: string, commands: readonly Command[]): string {
  const { name } = program;
  return lines(
    `Commands of ${name} ${word}:`,
    ...definitions(rowsOf(program, commands)),
    '',
    `${name} ${word} COMMAND --help explains a command.`,
  );
}

const rowsOf = ({ name }: Program, commands: readonly Command[]): Definition[] =>
  commands.map((command) => [`${name} ${command.name}`, command.summary]);

export function manual({ name, exits }: Program, command: Command): string {
  return lines(
    ...wrap(`${name} ${command.name}: ${command.summary}.`, ''),
    '',
    'Usage:',
    ...command.usage.flatMap((usage) => wrap(`${name} ${command.name} ${usage}`, '  ', '      ')),
    ...command.about.flatMap((paragraph) => ['', ...wrap(paragraph, '')]),
    '',
    'Flags:',
    ...definitions([...Object.entries(command.flags).map(flagRow), ['-h, --help', 'this text']]),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.flatMap((example) => [`  ${example.command}`, ...wrap(example.says, '      ')]),
    '',
    'Exit codes:',
    ...definitions(exits.map(([code, says]) => [code, command.exits[Number(code) as 0 | 1 | 2 | 3] ?? says])),
  );
}

/** What a usage error shows under its message. */
export const shortUsage = ({ name }: Program, command: Command): string =>
  lines(
    ...command.usage.map((usage, index) =>
      `${index === 0 ? 'usage:' : '      '} ${name} ${command.name} ${usage}`.trimEnd(),
    ),
    `       ${name} ${command.name} --help explains every flag`,
  );

function flagRow([name, flag]: [string, Flag]): Definition {
  const long = flag.value === undefined ? `--${name}` : `--${name} ${flag.value}`;
  return [flag.short === undefined ? long : `-${flag.short}, ${long}`, flag.help];
}

function definitions(rows: readonly Definition[]): string[] {
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
