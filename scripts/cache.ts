/** Where what is fetched or built once is kept, outside the tree. */
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export function cacheFolder(name: string): string {
  const folder = join(process.env['EBB_CACHE'] ?? join(homedir(), '.cache/ebb'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
