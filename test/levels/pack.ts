/** Copies what the guest needs of the tree: sources, what was built, and the packages that run there. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { root } from './level.ts';

const parts = [
  'package.json',
  'api',
  'bin',
  'charts',
  'cli',
  'crds',
  'dist',
  'kube',
  'native',
  'node-agent',
  'scripts',
  'test',
  'demo',
  'docs',
];

/** Packages that only look after the sources or speak with containerd stay out. */
const leftOut = /^node_modules\/(@biomejs|@typescript|typescript|@esbuild|esbuild|@grpc|@types|node-linux-[a-z0-9]+$)/;

/** Sanitized and cross builds, fuzzers and what they gathered. */
const leftOutBuilds = ['asan', 'fuzz', 'aarch64*', '*-musl/lib*', '*-musl/worker'].map(
  (name) => `--exclude=native/build/${name}`,
);
/** Images and archives. */
const leftOutDist = ['images', 'plugin', 'release*'].map((name) => `--exclude=dist/${name}`);

interface Lock {
  readonly packages: Readonly<Record<string, unknown>>;
}

function packages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  return Object.keys(lock.packages).filter(
    (path) => path !== '' && !leftOut.test(path) && existsSync(join(root, path)),
  );
}

export function copyTree(folder: string): void {
  const present = parts.filter((part) => existsSync(join(root, part)));
  const node = ['node_modules/.bin/node', `node_modules/node-linux-${process.arch}/bin/node`];
  const words = ['-C', root, ...leftOutBuilds, ...leftOutDist, '-cf', '-', ...present, ...packages(), ...node];
  const input = execFileSync('tar', words, { maxBuffer: 2 ** 30 });
  execFileSync('tar', ['-C', folder, '-xf', '-'], { input });
  // One file in place of a hundred, which an emulated process takes five seconds to find.
  const zod = 'node_modules/zod/index.js';
  buildSync({
    entryPoints: [join(root, zod)],
    bundle: true,
    format: 'esm',
    outfile: join(folder, zod),
    allowOverwrite: true,
  });
}
