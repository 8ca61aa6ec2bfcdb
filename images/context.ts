/**
 * Lays out what images/Dockerfile copies, as it shall lie in the images:
 *
 *   operator/, node-agent/        bundles, the same for every machine
 *   ARCH/runtime/                 Node
 *   ARCH/node-agent/              what the agent loads: libebb.so, koffi.node, and the worker that `ebb probe` starts
 *   ARCH/worker/                  the worker
 */
import { copyFileSync, globSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import type { Architecture } from './architecture.ts';
import { bundleProgram } from './bundle.ts';
import { buildNativeParts } from './native-parts.ts';
import { npmPackage } from './npm-package.ts';
import { root, run } from './run.ts';

export const home = 'usr/lib/ebb';

export async function layOutContext(context: string, architectures: readonly Architecture[]): Promise<void> {
  rmSync(context, { recursive: true, force: true });
  for (const program of ['operator', 'node-agent'] as const) await layOutProgram(program, join(context, program));
  for (const architecture of architectures) layOutMachine(architecture, join(context, architecture.name));
  run('chmod', ['-R', 'u=rwX,go=rX', context]);
}

async function layOutProgram(program: 'operator' | 'node-agent', folder: string): Promise<void> {
  const packages = await bundleProgram(program, join(folder, home));
  const { name, version, license, type } = packageJson;
  write(join(folder, home, 'package.json'), JSON.stringify({ name, version, license, type }));
  mkdirSync(join(folder, 'usr/local/bin'), { recursive: true });
  symlinkSync(`/${home}/dist/ebb.js`, join(folder, 'usr/local/bin/ebb'));
  copy(join(root, 'LICENSE'), join(folder, 'usr/share/doc/ebb/LICENSE'));
  const bundled = program === 'node-agent' ? ['koffi', ...packages] : packages;
  write(join(folder, 'usr/share/doc/ebb/third-party.txt'), bundled.map(terms).join('\n'));
}

/** What a bundled package's licence asks to be shipped with it. */
export function terms(name: string): string {
  const folder = join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [file] = globSync('{LICENSE,LICENCE,License,license,COPYING}*', { cwd: folder }).sort();
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8');
  return `==== ${name} ${version}: ${license}\n\n${text}`;
}

function layOutMachine(architecture: Architecture, folder: string): void {
  const node = npmPackage(`node-linux-${architecture.node}`);
  copy(join(node, 'bin/node'), join(folder, 'runtime/usr/local/bin/node'));
  copy(join(node, 'LICENSE'), join(folder, 'runtime/usr/share/doc/node/LICENSE'));
  const { library, worker } = buildNativeParts(architecture);
  const koffi = npmPackage(`@koromix/koffi-linux-${architecture.node}`);
  const native = join(folder, 'node-agent', home, 'native/build');
  copy(join(koffi, `linux_${architecture.node}/koffi.node`), join(native, 'koffi.node'));
  copy(library, join(native, 'libebb.so'));
  copy(worker, join(native, 'ebb-worker'));
  copy(worker, join(folder, 'worker/ebb-worker'));
}

/** Node is large: linked where it lies on the same file system. */
function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
