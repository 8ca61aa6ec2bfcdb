/**
 * Writes crds/*.yaml from the schemas in api/, and the same into the chart, which can read nothing outside of itself. With
 * --check it writes nothing and fails where a file is stale or should not be there; test/unit/api/crds.test.ts asks the same.
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinition } from '../api/crd.ts';
import { kinds } from '../api/kinds.ts';

const root = join(import.meta.dirname, '..');
const folders = ['crds', 'charts/ebb/files/crds'].map((folder) => join(root, folder));
const head = '# Made from the schemas in api/ by scripts/crds.ts: npm run crds\n';

export interface CRDFile {
  readonly path: string;
  /** null: there is none. */
  readonly text: string | null;
  /** null: there should be none. */
  readonly wanted: string | null;
}

export const crdFiles = (): CRDFile[] => folders.flatMap(filesIn);

function filesIn(folder: string): CRDFile[] {
  const made = kinds.map((kind) => ({
    path: join(folder, `${kind.plural}.yaml`),
    wanted: head + stringify(customResourceDefinition(kind), { lineWidth: 120, aliasDuplicateObjects: false }),
  }));
  const left = globSync('*', { cwd: folder })
    .map((name) => join(folder, name))
    .filter((path) => !made.some((file) => file.path === path));
  return [...made, ...left.map((path) => ({ path, wanted: null }))].map((file) => ({
    ...file,
    text: existsSync(file.path) ? readFileSync(file.path, 'utf8') : null,
  }));
}

function write({ path, wanted }: CRDFile): void {
  mkdirSync(dirname(path), { recursive: true });
  if (wanted === null) rmSync(path);
  else writeFileSync(path, wanted);
}

function main(check: boolean): void {
  const stale = crdFiles().filter(({ text, wanted }) => text !== wanted);
  if (!check) stale.forEach(write);
  for (const { path } of stale) console.log(`${path} ${check ? 'is stale: npm run crds' : 'written'}`);
  if (check && stale.length > 0) process.exitCode = 1;
}

if (import.meta.main) main(process.argv.includes('--check'));
