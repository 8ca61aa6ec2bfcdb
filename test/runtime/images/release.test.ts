/** A release, put together from the images that were built: whole, of one version, and installable by what is in it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { composeRelease } from '../../../scripts/release/compose.ts';
import { type ReleaseImage, readImages } from '../../../scripts/release/images.ts';
import { namedVersions } from '../../../scripts/release/named-versions.ts';
import { disagreements } from '../../../scripts/release/versions.ts';
import { objectsOf, podsOf } from '../../controlplane/chart/chart-cluster.ts';
import { chartFolder, helmOk, helmProgram } from '../../controlplane/helm.ts';
import { theCommand } from '../../docs/commands.ts';
import { runAll } from '../../e2e/docs/run.ts';
import { type Registry, startRegistry } from './registry.ts';

const { version } = packageJson;
const root = join(import.meta.dirname, '../../..');
const images = join(root, 'dist/images');
let work: string;
let folder: string;
let registry: Registry;
const page = 'docs/releasing.md';
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

before(async () => {
  work = mkdtempSync(join(tmpdir(), 'ebb-release-test-'));
  folder = join(work, 'release');
  registry = await startRegistry();
  // Its archives for Linux hold Node and take 20 s; test/controlplane/plugin runs them.
  await composeRelease({ images, folder, plugins: ['darwin'] });
});
after(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(work, { recursive: true, force: true });
});

test('every file is in SHA256SUMS, and the page’s two commands agree', async () => {
  const files = readdirSync(folder).filter((name) => name !== 'SHA256SUMS');
  for (const name of ['operator', 'node-agent', 'worker'])
    assert.ok(files.includes(`ebb-${name}-${version}.tar`), name);
  const checked = await runAll([theCommand(page, 'sha256sum --check')], process.env, { cwd: folder });
  assert.equal(checked.match(/: OK$/gm)?.length, files.length);
  const [{ digest }] = readImages(images).filter(({ program }) => program === 'operator') as [ReleaseImage];
  assert.ok((await runAll([theCommand(page, 'tar -xOf ')], process.env, { cwd: folder })).includes(digest));
  const listed = file('SHA256SUMS')
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  assert.deepEqual(listed, files.toSorted());
});

test('all that names a version in tree and images names the one of package.json', () => {
  const named = namedVersions(readImages(images));
  assert.ok(named.length >= 12);
  const found = disagreements(version, named, readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  // What is being worked on stands there until the next release.
  assert.deepEqual(
    found.filter((line) => !line.includes('[Unreleased]')),
    [],
  );
});

test('every file of the chart’s package has the date of the commit', () => {
  const words = ['-tzf', join(folder, `ebb-${version}.tgz`), '--verbose', '--full-time', '--utc'];
  const lines = execFileSync('tar', words, { encoding: 'utf8' }).trim().split('\n');
  const date = (line: string) => /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.exec(line)![0];
  const committed = Number(execFileSync('git', ['log', '-1', '--format=%ct'], { encoding: 'utf8' }));
  const expected = new Date(committed * 1000).toISOString().slice(0, 19).replace('T', ' ');
  assert.ok(lines.length > 30);
  assert.deepEqual([...new Set(lines.map(date))], [expected]);
});

const render = (...words: readonly string[]): Promise<string> =>
  helmOk(['template', 'ebb', ...words], { home: join(work, 'helm') });

test('helm renders from the package what it renders from the tree, and with digests.yaml images by digest', async () => {
  const chart = join(folder, `ebb-${version}.tgz`);
  assert.equal(await render(chart), await render(chartFolder));
  const pods = podsOf(objectsOf(await render(chart, '--values', join(folder, 'digests.yaml'))));
  const used = pods.flatMap(({ spec }) =>
    [...(spec.initContainers ?? []), ...spec.containers].map(({ image }) => image),
  );
  const known = new Map(
    readImages(images).map(({ program, digest }) => [`localhost/ebb/${program}@${digest}`, program]),
  );
  assert.equal(new Set(used).size, 3);
  for (const image of used) assert.ok(known.has(image), image);
});

/** What is pushed, and what is asked for, is in the registry of the test in place of the page's. */
async function withRegistry(command: string, cwd: string): Promise<string> {
  const env = { ...process.env, ...registry.env, PATH: `${dirname(helmProgram())}:${process.env['PATH']}` };
  return runAll([command.replaceAll(/registry\.example|REGISTRY/g, registry.name)], env, { cwd });
}

const imagesOf = (rendered: string): string[] => [
  ...new Set([...rendered.matchAll(/^ *image: "?([^"\s]+)/gm)].map(([, image]) => image!)),
];

/** That of the index or image, as the registry has it. */
const servedDigest = async (image: string): Promise<string> =>
  (await withRegistry(`skopeo inspect --format '{{.Digest}}' docker://${image}`, work)).trim();

test('pushed as the page says, a registry serves the chart and the images that digests.yaml names', async () => {
  await withRegistry(theCommand(page, 'for program in operator node-agent worker; do\n  skopeo '), folder);
  await withRegistry(theCommand(page, 'helm push '), folder);
  // The cluster is left out of it.
  const install = `${theCommand(page, 'helm install ebb ebb-')} --dry-run=client`;
  const used = imagesOf(await withRegistry(install, folder));
  const digests = readImages(images).map(({ digest }) => digest);
  assert.deepEqual(used.map((image) => image.split('@')[1]).toSorted(), digests.toSorted());
  for (const image of used) assert.equal(await servedDigest(image), image.split('@')[1], image);
  await withRegistry(`helm pull oci://registry.example/charts/ebb --version ${version}`, work);
  assert.deepEqual(readFileSync(join(work, `ebb-${version}.tgz`)), readFileSync(join(folder, `ebb-${version}.tgz`)));
});

test('pushed as the README says, a registry serves the images that the chart asks for', async () => {
  await withRegistry(theCommand('README.md', 'for program in operator node-agent worker; do\n  skopeo '), root);
  const used = imagesOf(await render(chartFolder, '--set', `image.registry=${registry.name}`));
  assert.equal(used.length, 3);
  for (const image of used) assert.match(await servedDigest(image), /^sha256:/, image);
});

test('install.yaml is the chart without its kinds and hooks, crds.yaml the kinds', async () => {
  const kinds = objectsOf(file('crds.yaml'));
  assert.deepEqual([...new Set(kinds.map(({ kind }) => kind))], ['CustomResourceDefinition']);
  assert.equal(kinds.length, 4);
  const installed = objectsOf(file('install.yaml'));
  assert.deepEqual(
    installed.filter(
      ({ kind, metadata }) => kind === 'CustomResourceDefinition' || metadata.annotations?.['helm.sh/hook'],
    ),
    [],
  );
  for (const kind of ['Namespace', 'Deployment', 'DaemonSet', 'ValidatingAdmissionPolicy'])
    assert.ok(
      installed.some((object) => object.kind === kind),
      kind,
    );
});

test('the bill of materials has each dependency as it is locked, and the packages of the base', () => {
  type Component = { name: string; version: string; hashes?: object[] };
  const { components, metadata } = JSON.parse(file('sbom.cdx.json')) as {
    components: Component[];
    metadata: { component: { name: string } };
  };
  assert.equal(metadata.component.name, 'ebb');
  const found = new Map(components.map((one) => [one.name, one]));
  for (const [name, locked] of Object.entries({ ...packageJson.dependencies, ...packageJson.optionalDependencies })) {
    assert.equal(found.get(name)?.version, locked, name);
    assert.equal(found.get(name)?.hashes?.length, 1, name);
  }
  assert.ok(found.has('libc6'));
  assert.ok(!found.has('typescript'), 'what only looks after the sources is not shipped');
});

test('notes, and a manifest for krew with the sum of each archive', () => {
  assert.match(file('notes.md'), new RegExp(`^# Ebb ${version.replaceAll('.', '\\.')}\n\n### `));
  const { spec } = parse(file('krew.yaml')) as { spec: { version: string; platforms: { sha256: string }[] } };
  assert.equal(spec.version, `v${version}`);
  for (const { sha256 } of spec.platforms)
    assert.match(file('SHA256SUMS'), new RegExp(`^${sha256}  kubectl-ebb-`, 'm'));
});

test('docs/releasing.md names the files of this version', () => {
  const page = readFileSync(join(root, 'docs/releasing.md'), 'utf8');
  for (const [, name] of page.matchAll(/\b(ebb-[\w.-]+\.(?:tgz|tar))\b/g))
    assert.ok(readdirSync(folder).includes(name!), name);
});
