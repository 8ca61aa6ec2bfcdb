/** What is in the images that `npm run images` made, and what is not. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { ownArchitecture } from '../../../images/architecture.ts';
import { agentUser } from '../../../node-agent/config.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { archiveOf, type Image, ImageArchive, type Program, programs } from './archive.ts';

const megabyte = 1_000_000;
/** What test/targets/as-shipped.c starts. */
const shippedWorker = join(import.meta.dirname, '../../../native/build', `${ownArchitecture.gnu}-musl/ebb-worker`);
const home = 'usr/lib/ebb';
const archives = new Map(programs.map((program) => [program, new ImageArchive(archiveOf(program))]));
after(() => {
  for (const archive of archives.values()) archive[Symbol.dispose]();
});
const images = new Map([...archives].map(([program, archive]) => [program, archive.images]));
const all = [...images].flatMap(([program, each]) => each.map((image) => ({ program, image })));
const of = (program: Program): readonly Image[] => images.get(program)!;

test('each archive is one index of an image for amd64 and one for arm64, named as it is imported, and whole', () => {
  for (const [program, archive] of archives) {
    assert.equal(archive.name, `localhost/ebb/${program}:${packageJson.version}`);
    assert.deepEqual(
      of(program).map(({ arch, config }) => [arch, config.architecture]),
      [
        ['amd64', 'amd64'],
        ['arm64', 'arm64'],
      ],
    );
    assert.equal(archive.index.annotations['org.opencontainers.image.version'], packageJson.version);
    assert.deepEqual(archive.damaged(), []);
  }
});

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const unpacked = (image: Image): number => sum(image.files.map(({ bytes }) => bytes));
const runtime = ['usr/local/bin/node', 'usr/share/doc/node/LICENSE'];

test('the worker takes no more than 2 MB, and what is beyond Node no more than 10 MB, the C library with it', () => {
  for (const image of of('worker')) assert.ok(unpacked(image) <= 2 * megabyte, `${image.arch}: ${unpacked(image)}`);
  for (const program of ['operator', 'node-agent'] as const)
    for (const image of of(program)) {
      const beyond = image.files.filter(({ path }) => !runtime.includes(path)).map(({ bytes }) => bytes);
      assert.equal(image.files.length - beyond.length, runtime.length);
      assert.ok(sum(beyond) <= 10 * megabyte, `${program} ${image.arch}: ${sum(beyond)}`);
    }
});

test('operator and node agent are one layer each on two that they have in common', () => {
  for (const [at, operator] of of('operator').entries()) {
    const digests = [operator, of('node-agent')[at]!].map(({ layers }) => layers.map(({ digest }) => digest));
    assert.deepEqual(digests[0]!.slice(0, 2), digests[1]!.slice(0, 2));
    assert.deepEqual([digests[0]!.length, digests[1]!.length], [3, 3]);
  }
});

test('the JavaScript is a bundle: no tree of packages, no sources, no shell', () => {
  for (const { program, image } of all) {
    const paths = image.files.map(({ path }) => path);
    const unwanted = /node_modules|\.(ts|map|c|h|o|a)$|bin\/(?!node$|ebb$)/;
    assert.deepEqual(
      paths.filter((path) => unwanted.test(path)),
      [],
      program,
    );
  }
  for (const image of of('worker'))
    assert.deepEqual(
      image.files.map(({ path }) => path),
      ['ebb-worker'],
    );
});

test('every file is root’s, nobody else may write it, and none gives its user another’s rights', () => {
  for (const { program, image } of all)
    for (const { path, mode, owner } of image.files) {
      assert.equal(owner, '0/0', path);
      assert.match(mode, /^(l.{9}|[d-]r.[x-]r-[x-]r-[x-])$/, `${program}: ${path}`);
    }
});

const machines: Readonly<Record<string, RegExp>> = { amd64: /Machine: +.*X86-64/, arm64: /Machine: +AArch64/ };

test('what is native is for its machine and stripped, and the worker needs no other file', () => {
  const native = [
    ...of('worker').map((image) => ({ image, path: 'ebb-worker', standsAlone: true })),
    ...of('node-agent').flatMap((image) => [
      { image, path: `${home}/native/build/ebb-worker`, standsAlone: true },
      { image, path: `${home}/native/build/libebb.so`, standsAlone: false },
      { image, path: `${home}/native/build/koffi.node`, standsAlone: false },
    ]),
  ];
  for (const { image, path, standsAlone } of native) {
    const elf = image.elf(path);
    assert.match(elf, machines[image.arch]!, path);
    assert.doesNotMatch(elf, /\.symtab|\.debug_/, `${image.arch} ${path}`);
    assert.equal(/INTERP|\(NEEDED\)/.test(elf), !standsAlone, `${image.arch} ${path}`);
  }
  // Node as its makers give it.
  for (const image of [...of('operator'), ...of('node-agent')])
    assert.match(image.elf(runtime[0]!), machines[image.arch]!, runtime[0]);
});

test('the worker is byte for byte the one that the tests of the kernel run', () => {
  const image = of('worker').find(({ arch }) => arch === ownArchitecture.name)!;
  assert.ok(readFileSync(image.unpacked('ebb-worker')).equals(readFileSync(shippedWorker)));
});

test('operator and node agent have a user without rights; the worker is root, for whom capabilities hold', () => {
  const users = all.map(({ program, image }) => `${program} ${image.config.config.User}`);
  assert.deepEqual([...new Set(users)], ['operator 65532:65532', `node-agent ${agentUser}:${agentUser}`, 'worker 0:0']);
});

test('labels name program, version, licence and the commit, and all dates are the commit’s', () => {
  const [commit, seconds] = execFileSync('git', ['log', '-1', '--format=%H %ct'], { encoding: 'utf8' }).split(' ');
  for (const { program, image } of all) {
    const { Labels: labels } = image.config.config;
    const label = (name: string) => labels[`org.opencontainers.image.${name}`] ?? '';
    assert.equal(label('title'), `ebb ${program.replace('-', ' ')}`);
    assert.ok(label('description').length > 20);
    assert.deepEqual([label('version'), label('licenses')], [packageJson.version, packageJson.license]);
    assert.match(label('revision'), new RegExp(`^${commit}(-dirty)?$`));
    assert.equal(Date.parse(image.config.created), Number(seconds) * 1000);
  }
});
