/**
 * The commands that the pages for people show: every line of a block of sh, and what stands in a text as `kubectl get nma`.
 * test/e2e/docs runs them; elsewhere.ts lists those that it can't.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, blocksOf, pages, proseOf, root } from './pages.ts';

export interface Command {
  readonly page: string;
  /** In a block, in a text, or said by helm after an install. */
  readonly shown: 'block' | 'text' | 'notes';
  /** Without a comment behind it. */
  readonly text: string;
}

const notes = 'charts/ebb/templates/NOTES.txt';

/** What goes on in the next line: after a backslash, a pipe or &&, and until a loop ends. */
const goesOn = (lines: readonly string[]): boolean =>
  /(?:\\|\||&&)$/.test(lines.at(-1)!.trimEnd()) || count(lines, /(^|;)\s*do\b/) > count(lines, /^\s*done\b/);
const count = (lines: readonly string[], what: RegExp): number => lines.filter((line) => what.test(line)).length;
const hereDocument = /<<-?\s*['"]?(\w+)['"]?/;

/** Of a block of sh: lines that belong together are one command. */
export function commandsIn(block: string): string[] {
  const commands: string[] = [];
  let open: string[] = [];
  let until: string | null = null;
  for (const line of block.split('\n')) {
    if (open.length === 0 && /^\s*(#|$)/.test(line)) continue;
    open.push(line);
    if (until === null) until = hereDocument.exec(line)?.[1] ?? null;
    else if (line.trim() === until) until = null;
    if (until !== null || goesOn(open)) continue;
    commands.push(open.join('\n'));
    open = [];
  }
  return [...commands, ...(open.length > 0 ? [open.join('\n')] : [])].map(withoutComment);
}

/** A comment begins after two blanks, so that a # in a word stays. */
const withoutComment = (command: string): string => command.replaceAll(/ {2,}# .*$/gm, '').trim();

const inText = /`((?:[A-Z_]+=\S+ )*(?:kubectl|helm|ebb|npm|npx|node|sudo|ctr|ps) [^`\n]+)`/g;

/** In a text two words are the name of a command, more are one to be typed; an ellipsis makes it none. */
const inTextOf = (page: string): string[] =>
  [...proseOf(page).matchAll(inText)]
    .map(([, text]) => text!)
    .filter((text) => text.replace('kubectl ebb', 'kubectl-ebb').split(' ').length > 2 && !text.includes('…'));

/** Of NOTES.txt: the lines that are set in, as helm fills them in for a release `ebb` in namespace `default`. */
const inNotes = (): string[] =>
  readFileSync(join(root, notes), 'utf8')
    .split('\n')
    .filter((line) => /^ {2}(kubectl|helm) /.test(line))
    .map((line) =>
      withoutComment(line)
        .replaceAll('{{ .Release.Name }}', 'ebb')
        .replaceAll('{{ .Release.Namespace }}', 'default')
        .replaceAll('{{ $ns }}', 'ebb-system'),
    );

const quickstart = 'docs/quickstart.md';
const shellBlocks = (page: string): Block[] => blocksOf(page).filter(({ language }) => language === 'sh');

/** Those of the quickstart's first block, which gets a cluster. */
export const gettingACluster = (): string[] => commandsIn(shellBlocks(quickstart)[0]!.text);
/** All others of its blocks: run as a whole, in their order, by test/e2e/quickstart.test.ts. */
export const onTheCluster = (): string[] =>
  shellBlocks(quickstart)
    .slice(1)
    .flatMap(({ text }) => commandsIn(text));

/** In the order of the pages. Decisions are records of their day: only their blocks count. */
export function commands(): Command[] {
  const ofPages = pages.flatMap((page) => {
    const shown = page === quickstart ? gettingACluster() : shellBlocks(page).flatMap(({ text }) => commandsIn(text));
    const named = page.startsWith('docs/decisions/') ? [] : inTextOf(page);
    return [
      ...shown.map((text) => ({ page, shown: 'block' as const, text })),
      ...named.map((text) => ({ page, shown: 'text' as const, text })),
    ];
  });
  return [...ofPages, ...inNotes().map((text) => ({ page: notes, shown: 'notes' as const, text }))];
}

/** The one of a page that begins so, for the test that runs it. */
export function theCommand(page: string, beginning: string): string {
  const [found, ...more] = commands().filter((one) => one.page === page && one.text.startsWith(beginning));
  if (found === undefined || more.length > 0) throw new Error(`${page} has not one command ${beginning}`);
  return found.text;
}
