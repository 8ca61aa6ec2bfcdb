/** The C parts for one architecture: the library for the images' glibc, and the worker on musl, static. */
import { join } from 'node:path';
import { cacheFolder } from '../scripts/cache.ts';
import { type Architecture, ownArchitecture } from './architecture.ts';
import { root, run } from './run.ts';

export interface NativeParts {
  readonly library: string;
  readonly worker: string;
}

export function buildNativeParts({ gnu, name }: Architecture): NativeParts {
  const cross = name === ownArchitecture.name ? [] : [`TARGET=${gnu}-linux-gnu`];
  const musl = cross.length === 0 ? [] : [`MUSL_SYSROOT=${foreignMusl(name)}`];
  const make = (...words: string[]) => run('make', ['-s', '--no-print-directory', '-C', 'native', ...cross, ...words]);
  make();
  make('LIBC=musl', ...musl);
  const built = (libc: string, file: string) => join(root, 'native/build', `${gnu}-${libc}`, file);
  return { library: built('glibc', 'libebb.so'), worker: built('musl', 'ebb-worker') };
}

function foreignMusl(name: string): string {
  if (name !== 'arm64') throw new Error(`ebb: images for ${name} are built on ${name} only`);
  const folder = cacheFolder('musl-arm64');
  run('bash', ['scripts/musl-arm64.sh', folder]);
  return folder;
}
