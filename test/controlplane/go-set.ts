/** Programs built once from the Go modules that modules/ pins, into the cache outside the tree. */
import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../scripts/cache.ts';
import { missingPrograms } from '../../scripts/programs.ts';
import { lock } from '../kernel/lock.ts';
import { type GoProgram, goBuild, goVersion, isNewEnough, newestOf } from './go.ts';

export interface GoSet {
  /** Of its folder in the cache, with the versions in it: `controlplane/kubernetes-1.37.2-etcd-3.7.3`. */
  readonly name: string;
  /** Folders below modules/. Other versions of any module below them make other programs. */
  readonly modules: readonly string[];
  readonly programs: readonly GoProgram[];
  /** Said before it is built: what, and how long it takes on 2 cores. */
  readonly about: string;
}

export type Say = (line: string) => void;

export const moduleFolder = (name: string): string => join(import.meta.dirname, 'modules', name);

const pins = (module: string): string => readFileSync(join(moduleFolder(module), 'go.mod'), 'utf8');

/** Of a path that the go.mod of a module requires: `1.37.2`. */
export function pinnedVersion(module: string, path: string): string {
  const line = pins(module).match(new RegExp(`^(?:require)?\\s*${path.replaceAll('.', '\\.')} v(\\S+)`, 'm'));
  if (line === null) throw new Error(`modules/${module}/go.mod does not require ${path}`);
  return line[1]!;
}

/** Which Go its modules ask for, as `1.26.6`. */
function neededGo({ modules }: GoSet): string {
  return newestOf(modules.map((module) => /^go (\S+)$/m.exec(pins(module))![1]!));
}

export function setFolder(set: GoSet): string {
  const digest = createHash('sha256');
  for (const module of set.modules)
    digest.update(pins(module)).update(readFileSync(join(moduleFolder(module), 'go.sum'), 'utf8'));
  return cacheFolder(`${set.name}-${digest.digest('hex').slice(0, 8)}`);
}

/** Of these names, those that are no program in a folder. */
export function lackingIn(folder: string, names: readonly string[]): string[] {
  return names.filter((name) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return false;
    } catch {
      return true;
    }
  });
}

const lacking = (set: GoSet): string[] =>
  lackingIn(
    setFolder(set),
    set.programs.map(({ name }) => name),
  );

export const isBuilt = (set: GoSet): boolean => lacking(set).length === 0;

/** Why there are no programs and none can be built. Each line says what to do. */
export function setObstacles(set: GoSet): string[] {
  if (isBuilt(set)) return [];
  const found = missingPrograms(['go']).length > 0 ? null : goVersion();
  const needed = neededGo(set);
  if (found !== null && isNewEnough(found, needed)) return [];
  const what = found === null ? 'no Go' : `Go is ${found}`;
  return [`${what}: install ${needed} or newer (https://go.dev/doc/install)`];
}

/** Throws them, one a line, where there are any. */
export function refuseFor(obstacles: readonly string[]): void {
  if (obstacles.length > 0) throw new Error(obstacles.join('\n'));
}

/** Builds what is missing and says where it is; a second build at the same time waits for the first. */
export async function buildSet(set: GoSet, say: Say): Promise<string> {
  refuseFor(setObstacles(set));
  const folder = setFolder(set);
  if (isBuilt(set)) return folder;
  say(`building ${set.about}`);
  const held = await lock(join(folder, 'lock'));
  try {
    const missing = lacking(set);
    for (const program of set.programs.filter(({ name }) => missing.includes(name))) {
      const unfinished = join(folder, `${program.name}.unfinished`);
      await goBuild(program, unfinished, say);
      renameSync(unfinished, join(folder, program.name));
    }
  } finally {
    await held.release();
  }
  return folder;
}
