/** Pages that show files of the tree word for word: after `<!-- file PATH -->` stands the file as a block of code. */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const place = /^<!-- file (\S+) -->\n(?:```\w+\n[\s\S]*?^```\n)?/gm;

/** The page with each of its files as it is now. */
export function withFiles(page: string): string {
  return page.replace(place, (_, path: string) => {
    const text = readFileSync(join(root, path), 'utf8').trimEnd();
    return `<!-- file ${path} -->\n\`\`\`${extname(path).slice(1)}\n${text}\n\`\`\`\n`;
  });
}

export const filesShown = (page: string): string[] => [...page.matchAll(place)].map(([, path]) => path!);
