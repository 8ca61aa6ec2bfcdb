/** The two manifests of a release, for who uses kubectl alone: applied, applied again and removed as docs/releasing.md says. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test, { after, before } from 'node:test';
import { renderInstall, renderKinds } from '../../../scripts/release/chart.ts';
import { theCommand } from '../../docs/commands.ts';
import { runAll } from '../../e2e/docs/run.ts';
import { chartFolder } from '../helm.ts';
import { ChartCluster, named, objectsOf } from './chart-cluster.ts';
import { policyAnnotation, reconcile } from './flux.ts';

let cluster: ChartCluster;
let install: string;
let crds: string;

before(async () => {
  process.env['PATH'] = `${join(import.meta.dirname, '../../../bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  cluster = await ChartCluster.start();
  const { folder } = cluster.plane;
  [install, crds] = [join(folder, 'install.yaml'), join(folder, 'crds.yaml')];
  writeFileSync(install, await renderInstall(chartFolder, join(folder, 'helm')));
  writeFileSync(crds, await renderKinds(chartFolder, join(folder, 'helm')));
});
after(async () => await cluster?.[Symbol.asyncDispose]());

const page = 'docs/releasing.md';
const apply = () => cluster.plane.kubectl(['apply', '--server-side', '-f', crds, '-f', install]);
const ofEbb = ['-l', 'app.kubernetes.io/part-of=ebb'];

test('they are applied in one go, without a warning', async () => {
  const { code, out, err } = await apply();
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.match(out, /daemonset\.apps\/ebb-node-agent serverside-applied/);
  assert.match(out, /customresourcedefinition\S+\/memoryadvicepolicies\.ebb\.dev serverside-applied/);
  const { items } = await cluster.get('daemonsets,deployments', '--namespace', 'ebb-system');
  assert.deepEqual(items.map(({ metadata }) => metadata.name).toSorted(), ['ebb-node-agent', 'ebb-operator']);
});

test('nothing in the cluster says that helm manages it', async () => {
  const kinds = 'crd,ns,clusterrole,clusterrolebinding,validatingadmissionpolicy,deploy,ds,cm,sa,role,netpol';
  const { items } = await cluster.get(kinds, '-A', ...ofEbb);
  assert.ok(items.length > 12, String(items.length));
  for (const object of items) {
    assert.equal(object.metadata.labels!['app.kubernetes.io/managed-by'], 'kubectl', named(object));
    assert.equal(object.metadata.annotations?.['helm.sh/resource-policy'], undefined, named(object));
  }
});

const patchedTo = (state: string) =>
  cluster.plane.kubectlOk([
    'patch',
    'configmap',
    '-n',
    'ebb-system',
    'ebb-switch',
    '-p',
    JSON.stringify({ data: { state } }),
  ]);
const state = async (): Promise<unknown> => (await cluster.get('configmap', '-n', 'ebb-system', 'ebb-switch'))['data'];

test('applied again, they leave the switch as somebody set it', async () => {
  await patchedTo('Stop');
  assert.equal((await apply()).code, 0);
  assert.deepEqual(await state(), { state: 'Stop' });
});

const ebb = (...words: readonly string[]) => cluster.plane.kubectlOk(['ebb', ...words]);
const renderedSwitch = () =>
  objectsOf(readFileSync(install, 'utf8')).find(({ metadata }) => metadata.name === 'ebb-switch')!;

test('Flux leaves a state that kubectl wrote, since the switch asks it to, and would else take it away', async () => {
  const object = renderedSwitch();
  await reconcile(cluster.plane, object);
  assert.deepEqual(await state(), { state: 'Stop' });
  const annotations = { ...object.metadata.annotations, [policyAnnotation]: 'Override' };
  await reconcile(cluster.plane, { ...object, metadata: { ...object.metadata, annotations } });
  assert.equal(await state(), undefined);
});

test('Flux leaves what kubectl ebb wrote, whatever the switch asks it to', async () => {
  await ebb('restore', '--wait', '0');
  const { metadata, ...rest } = renderedSwitch();
  await reconcile(cluster.plane, { ...rest, metadata: { ...metadata, annotations: {} } });
  assert.deepEqual(await state(), { state: 'Restore' });
});

test('Argo CD leaves it, applying on its side or on the server’s', async () => {
  await patchedTo('Stop');
  const input = JSON.stringify(renderedSwitch());
  for (const way of [[], ['--server-side', '--force-conflicts', '--field-manager=argocd-controller']]) {
    await cluster.plane.kubectlOk(['apply', ...way, '-f', '-'], { input });
    assert.deepEqual(await state(), { state: 'Stop' });
  }
});

test('with a registry of ours in it, by the lines of the page, the pods ask for its images', async () => {
  const lines = [theCommand(page, 'sed --in-place '), theCommand(page, 'kubectl apply --server-side -f crds.yaml ')];
  await runAll(lines, { ...process.env, ...cluster.plane.env }, { cwd: cluster.plane.folder });
  const { items } = await cluster.get('daemonsets,deployments', '--namespace', 'ebb-system');
  const images = JSON.stringify(items).match(/"image":"[^"]+"/g)!;
  assert.ok(
    images.length >= 3 && images.every((image) => image.startsWith('"image":"registry.example/ebb/')),
    `${images}`,
  );
});

test('deleting install.yaml leaves the four kinds, and these go by their label', async () => {
  // No controller finishes the namespace's end here.
  await cluster.plane.kubectlOk(['delete', '-f', install, '--wait=false']);
  const all = 'clusterrole,clusterrolebinding,validatingadmissionpolicy,deploy,ds,cm,sa';
  assert.deepEqual((await cluster.get(all, '-A', ...ofEbb)).items.map(named), []);
  assert.equal((await cluster.get('crd', ...ofEbb)).items.length, 4);
  await cluster.plane.kubectlOk(['delete', 'crd', ...ofEbb, '--wait=false']);
});
