/** Bundles `ebb` as each image needs it: with its own commands, and without source maps. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundling } from '../scripts/bundle.ts';

/** Into `folder`/dist, which finds native parts in `folder`/native/build as in a checkout. Names of the packages in it. */
export async function bundleProgram(program: 'operator' | 'node-agent', folder: string): Promise<string[]> {
  const { metafile } = await build({
    ...bundling,
    entryPoints: { ebb: `images/${program}.ts` },
    outdir: join(folder, 'dist'),
    alias: { koffi: './images/koffi.ts' },
    metafile: true,
  });
  const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const names = used.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}
