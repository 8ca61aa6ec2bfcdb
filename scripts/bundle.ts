/** How Ebb's programs become JavaScript: dist/ of a checkout and the images are bundled alike. */
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';

/** ESM has no require, and CommonJS packages (pino, koffi's loader) ask for it. */
const requireForCommonJs =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** Each command's own code is a chunk of its own, loaded when it runs. */
export const bundling = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  splitting: true,
  // The source stays in the agent's memory.
  minify: true,
  keepNames: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  banner: { js: requireForCommonJs },
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;
