/**
 * Builds the archives of the kubectl plugin and its krew manifest into dist/plugin/: npm run plugin. `-- --url URL` says where
 * the archives will be; without it the manifest serves `kubectl krew install --manifest --archive` alone. The same tree gives
 * the same bytes.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { scripts } from '../../cli/kubectl-ebb/completion/scripts.ts';
import { terms } from '../../images/context.ts';
import { npmPackage } from '../../images/npm-package.ts';
import { root, run } from '../../images/run.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { bundling } from '../bundle.ts';
import { type Built, manifest, manifestText } from './manifest.ts';
import { type Archive, archives } from './platforms.ts';

/** Nobody can have this name: what is not published is nowhere. */
const nowhere = 'https://plugin.invalid';

export interface PluginOptions {
  /** Default dist/plugin. */
  readonly folder?: string;
  readonly url?: string;
  /** Names of archives; all of them where absent. */
  readonly only?: readonly string[];
}

export async function buildPlugin(options: PluginOptions = {}): Promise<Built[]> {
  const { folder = join(root, 'dist/plugin'), url = nowhere, only } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const wanted = archives.filter(({ name }) => only?.includes(name) ?? true);
  const work = mkdtempSync(join(tmpdir(), 'ebb-plugin-'));
  try {
    await layOut(work);
    const built = wanted.map((archive) => pack(archive, work, folder));
    writeFileSync(join(folder, 'ebb.yaml'), manifestText(manifest(packageJson.version, url, built)));
    writeFileSync(join(folder, 'SHA256SUMS'), built.map(({ sha256, file }) => `${sha256}  ${file}\n`).join(''));
    return built;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** What every archive holds. */
async function layOut(folder: string): Promise<void> {
  const { metafile } = await build({
    ...bundling,
    entryPoints: { 'kubectl-ebb': 'cli/kubectl-ebb/main.ts' },
    outdir: join(folder, 'lib'),
    outExtension: { '.js': '.mjs' },
    metafile: true,
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const packages = new Set(used.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  writeFileSync(join(folder, 'third-party.txt'), [...packages].sort().map(terms).join('\n'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  program(join(folder, 'kubectl-ebb'), readFileSync(join(import.meta.dirname, 'launcher.sh'), 'utf8'));
  program(join(folder, 'kubectl_complete-ebb'), scripts.kubectl);
}

function program(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

function pack(archive: Archive, work: string, folder: string): Built {
  const names = [
    'LICENSE',
    'kubectl-ebb',
    'kubectl_complete-ebb',
    'lib',
    'third-party.txt',
    ...withNode(archive, work),
  ];
  const tar = join(work, 'archive.tar');
  const plain = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  run('tar', [...plain, '-cf', tar, '-C', work, ...names]);
  const bytes = gzipSync(readFileSync(tar));
  const file = `kubectl-ebb-${archive.name}.tar.gz`;
  writeFileSync(join(folder, file), bytes);
  return { archive, file, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** As its authors built it, and with their terms. */
function withNode({ node }: Archive, work: string): string[] {
  if (node === null) return [];
  const from = npmPackage(node);
  copyFileSync(join(from, 'bin/node'), join(work, 'node'));
  chmodSync(join(work, 'node'), 0o755);
  copyFileSync(join(from, 'LICENSE'), join(work, 'LICENSE-node'));
  return ['LICENSE-node', 'node'];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { url: { type: 'string' }, only: { type: 'string', multiple: true } } });
  for (const { file, sha256 } of await buildPlugin(values)) console.log(`${sha256}  dist/plugin/${file}`);
  console.log('dist/plugin/ebb.yaml');
}
