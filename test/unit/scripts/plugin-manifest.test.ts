/** The krew manifest: only fields that krew knows, each as krew's own validation wants it. test/controlplane/plugin has krew itself. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { type Built, manifest, manifestText } from '../../../scripts/plugin/manifest.ts';
import { archives } from '../../../scripts/plugin/platforms.ts';

/** As krew's pkg/index has it, without what it leaves open. */
const krewPlugin = z.strictObject({
  apiVersion: z.literal('krew.googlecontainertools.github.com/v1alpha2'),
  kind: z.literal('Plugin'),
  metadata: z.strictObject({ name: z.string().regex(/^[\w-]+$/) }),
  spec: z.strictObject({
    version: z.string().regex(/^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/),
    shortDescription: z
      .string()
      .min(1)
      .max(50)
      .regex(/^\S.*[^.\s]$/),
    description: z.string().optional(),
    caveats: z.string().optional(),
    homepage: z.url().optional(),
    platforms: z
      .array(
        z.strictObject({
          uri: z.url({ protocol: /^https$/ }),
          sha256: z.string().regex(/^[a-f0-9]{64}$/),
          selector: z.strictObject({
            matchLabels: z.strictObject({ os: z.enum(['linux', 'darwin', 'windows']), arch: z.string() }),
          }),
          files: z.array(z.strictObject({ from: z.string().min(1), to: z.string().min(1) })).min(1),
          bin: z.string().min(1).regex(/^[^/]/),
        }),
      )
      .min(1),
  }),
});

const built: Built[] = archives.map((archive, index) => ({
  archive,
  file: `kubectl-ebb-${archive.name}.tar.gz`,
  sha256: String(index).repeat(64),
}));
const url = 'https://downloads.test/ebb/v1/';

test('the manifest has krew’s fields and no other, and what it says is what krew accepts', () => {
  const value = parse(manifestText(manifest(packageJson.version, url, built)));
  assert.deepEqual(krewPlugin.parse(value), value);
  assert.equal(value.spec.version, `v${packageJson.version}`);
});

test('each platform has exactly one archive, at the place that was named', () => {
  const { platforms } = manifest('1.2.3', url, built).spec;
  assert.deepEqual(
    platforms.map(({ selector, uri }) => `${selector.matchLabels.os}/${selector.matchLabels.arch} ${uri}`),
    [
      'linux/amd64 https://downloads.test/ebb/v1/kubectl-ebb-linux-amd64.tar.gz',
      'linux/arm64 https://downloads.test/ebb/v1/kubectl-ebb-linux-arm64.tar.gz',
      'darwin/amd64 https://downloads.test/ebb/v1/kubectl-ebb-darwin.tar.gz',
      'darwin/arm64 https://downloads.test/ebb/v1/kubectl-ebb-darwin.tar.gz',
    ],
  );
});
