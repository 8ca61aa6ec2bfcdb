/** The pages for people, and the blocks of code in them: what tests check, or run. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** By path from the root of the tree. */
export const pages: readonly string[] = globSync(['*.md', 'docs/**/*.md', 'charts/*/README.md'], { cwd: root }).sort();

export const pageText = (page: string): string => readFileSync(join(root, page), 'utf8');

export interface Block {
  readonly page: string;
  /** Of its first line of text, from 1. */
  readonly line: number;
  /** As `sh`; '' where it says none. */
  readonly language: string;
  readonly text: string;
}

/** One that stands in a list is indented, all of it alike. */
const fence = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

export const blocksOf = (page: string, text = pageText(page)): Block[] =>
  [...text.matchAll(fence)].map(({ 1: indent = '', 2: language = '', 3: body = '', index }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));

/** Without blocks of code. */
export const proseOf = (page: string): string => pageText(page).replaceAll(fence, '');

/** YAML of every page that is an object of Ebb's, whole. */
export const objectBlocks = (): Block[] =>
  pages.flatMap((page) => blocksOf(page)).filter(({ language, text }) => language === 'yaml' && /^kind: /m.test(text));
