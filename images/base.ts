/**
 * The base of the Node images, made of Debian packages: glibc, libstdc++ and libgcc, users, no shell. images/base.json pins
 * the packages and the digest that they give; the same packages give the same digest anywhere.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from '../scripts/cache.ts';
import type { Architecture } from './architecture.ts';
import type { Buildah } from './buildah.ts';
import { root, run } from './run.ts';

const pinFile = join(root, 'images/base.json');

interface Pin {
  /** Package → version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Architecture → digest of the base made of them. */
  readonly digests: Readonly<Record<string, string>>;
}

export interface Base {
  /** NAME@sha256:…, for FROM. */
  readonly reference: string;
  readonly digest: string;
  readonly packages: Pin['packages'];
}

export const readPin = (): Pin => JSON.parse(readFileSync(pinFile, 'utf8'));

export function writePin(bases: ReadonlyMap<Architecture['name'], Base>): void {
  const [first] = bases.values();
  const digests = Object.fromEntries([...bases].map(([name, { digest }]) => [name, digest]));
  writeFileSync(pinFile, `${JSON.stringify({ packages: first?.packages, digests }, null, 2)}\n`);
}

/** The pinned versions, as far as Debian still has them, fetched once for each pin; or the newest, always fetched. */
function packageFiles(arch: string, newest: boolean): string[] {
  const pinned = createHash('sha256').update(readFileSync(pinFile)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder('base'), `${arch}-${newest ? 'newest' : pinned}`);
  if (newest) rmSync(folder, { recursive: true, force: true });
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`;
    const packages = Object.entries(readPin().packages).map(([name, version]) =>
      newest ? name : `${name}=${version}`,
    );
    run('bash', ['scripts/debian-packages.sh', arch, fresh, ...packages]);
    renameSync(fresh, folder);
  }
  return globSync('*.deb', { cwd: folder })
    .sort()
    .map((name) => join(folder, name));
}

/** The root of the base in `context`/rootfs. */
function layOut(files: readonly string[], context: string): void {
  const rootfs = join(context, 'rootfs');
  const unpacked = join(context, 'unpacked');
  for (const folder of ['usr/lib', 'usr/lib64', 'etc', 'var/lib/dpkg/status.d'])
    mkdirSync(join(rootfs, folder), { recursive: true });
  for (const folder of ['lib', 'lib64']) symlinkSync(`usr/${folder}`, join(rootfs, folder));
  for (const file of files) {
    run('dpkg-deb', ['-x', file, unpacked]);
    // Where scanners look for what an image has of Debian.
    const fields = run('dpkg-deb', ['-f', file]);
    writeFileSync(join(rootfs, 'var/lib/dpkg/status.d', basename(file).split('_')[0]!), fields);
  }
  takeLibraries(unpacked, rootfs);
  for (const path of ['usr/lib/os-release', 'etc/debian_version']) cpSync(join(unpacked, path), join(rootfs, path));
  symlinkSync('../usr/lib/os-release', join(rootfs, 'etc/os-release'));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0:root:/:/nologin\nebb:x:65532:65532:ebb:/:/nologin\n');
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\nebb:x:65532:\n');
  writeFileSync(join(rootfs, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  rmSync(unpacked, { recursive: true });
}

/** What Node and our library load, and no debugging library beside it. */
const libraries = 'ld-linux-*.so.*,libc.so.6,libm.so.6,libdl.so.2,libpthread.so.0,libgcc_s.so.1,libstdc++.so.6*';

/** And each package's terms, which some have in common. */
function takeLibraries(from: string, rootfs: string): void {
  const found = globSync([`{,usr/}lib/*-linux-gnu/{${libraries}}`, '{,usr/}lib{,64}/ld-linux*'], { cwd: from });
  const terms = globSync(['usr/share/doc/*/copyright', 'usr/share/doc/{libgcc-s1,libstdc++6}'], { cwd: from });
  for (const path of [...found, ...terms]) {
    const to = join(rootfs, path.startsWith('usr/') ? path : `usr/${path}`);
    if (!isFolder(join(from, path))) cpSync(join(from, path), to, { recursive: true, verbatimSymlinks: true });
  }
}

const isFolder = (path: string): boolean => lstatSync(path).isDirectory();

/** `folder`: where its context is laid out. `newest`: of what Debian has now, whatever is pinned. */
export function buildBase(buildah: Buildah, folder: string, { name }: Architecture, newest = false): Base {
  const files = packageFiles(name, newest);
  const packages = Object.fromEntries(
    files.map((file) => basename(file).split('_')).map(([pack, version]) => [pack!, decodeURIComponent(version!)]),
  );
  const context = join(folder, `base-${name}`);
  rmSync(context, { recursive: true, force: true });
  layOut(files, context);
  const built = buildah.build({
    file: 'images/base.Dockerfile',
    context,
    arch: name,
    epoch: 0,
    tag: `localhost/ebb/base:${name}`,
  });
  rmSync(context, { recursive: true });
  return { reference: `localhost/ebb/base@${built.digest}`, digest: built.digest, packages };
}

/** Not an error: Debian's mirrors drop a version that has a later one. But nobody shall wonder about the digest. */
export function differsFromPin(base: Base, { name }: Architecture): string | null {
  const pin = readPin();
  const moved = Object.keys(pin.packages).filter((pack) => base.packages[pack] !== pin.packages[pack]);
  const say = (pack: string) => `${pack} ${base.packages[pack]} (pinned ${pin.packages[pack] ?? 'nowhere'})`;
  if (moved.length > 0) return `${name}: Debian has ${moved.map(say).join(', ')} and no longer what is pinned`;
  return base.digest === pin.digests[name]
    ? null
    : `${name}: ${base.digest} instead of ${pin.digests[name]} from the same packages`;
}
