/**
 * A package of package-lock.json, also one for another machine, which `npm ci` leaves out: fetched once into the cache, and
 * taken only when it is what the lock says.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../scripts/cache.ts';
import { root, run } from './run.ts';

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

function lockedPackage(name: string): Locked {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const locked: Locked | undefined = packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`ebb: package-lock.json has no ${name}`);
  return locked;
}

/** The folder that it is unpacked in. */
export function npmPackage(name: string): string {
  const installed = join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  const { version, integrity } = lockedPackage(name);
  const cache = cacheFolder('npm');
  const folder = join(cache, `${name.replaceAll('/', '-')}-${version}`);
  if (!existsSync(folder)) fetchInto(folder, `${name}@${version}`, integrity, cache);
  return folder;
}

/** Renamed when complete, so that what is there is whole. */
function fetchInto(folder: string, what: string, integrity: string, cache: string): void {
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    const file = join(work, run('npm', ['pack', '--silent', what, '--pack-destination', work]).trim());
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== integrity) throw new Error(`ebb: ${what} is ${found}, package-lock.json says ${integrity}`);
    run('tar', ['-xzf', file, '-C', work]);
    if (!existsSync(folder)) renameSync(join(work, 'package'), folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
