/** A release from its install to its end: what an upgrade, a rollback and an uninstall change, and what they leave alone. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { schemaRevision } from '../../../api/kinds.ts';
import { nodeAdviceOf } from '../../policies/node-advice.ts';
import { policy, named as renamed } from '../../policies/objects.ts';
import { served } from '../crds.ts';
import { chartFolder } from '../helm.ts';
import { ChartCluster, named, objectsOf } from './chart-cluster.ts';
import { packagePrevious, previousVersion, unknownBefore } from './previous-chart.ts';

let cluster: ChartCluster;
let previous: string;

before(async () => {
  cluster = await ChartCluster.start();
  previous = await packagePrevious(cluster);
});
after(async () => await cluster?.[Symbol.asyncDispose]());

const kubectl = (...words: readonly string[]): Promise<string> => cluster.plane.kubectlOk(words);
const create = (object: object) => cluster.plane.kubectlOk(['create', '-f', '-'], { input: JSON.stringify(object) });

async function switchSays(): Promise<string | undefined> {
  const { data } = await cluster.get('configmap', '-n', 'ebb-system', 'ebb-switch');
  return (data as { state?: string } | undefined)?.state;
}

/** What an upgrade must change: the programs, and what the kind can carry. */
async function stands() {
  const crd = await cluster.get('crd', 'nodememoryadvices.ebb.dev');
  const deployment = await cluster.get('deployment', '-n', 'ebb-system', 'ebb-operator');
  const { spec } = deployment as unknown as { spec: { template: { spec: { containers: { image: string }[] } } } };
  return {
    image: spec.template.spec.containers[0]!.image,
    revision: crd.metadata.annotations!['ebb.dev/schema-revision'],
    knows: JSON.stringify(crd['spec']).includes(unknownBefore),
  };
}
const before009 = {
  image: `localhost/ebb/operator:${previousVersion}`,
  revision: String(schemaRevision - 1),
  knows: false,
};
const now010 = { image: 'localhost/ebb/operator:0.1.0', revision: String(schemaRevision), knows: true };

test('a namespace that somebody else made is not taken over, and the message says what to do', async () => {
  await kubectl('create', 'namespace', 'taken');
  const { code, err } = await cluster.helm('install', 'ebb', chartFolder, '--set', 'namespace.name=taken');
  assert.equal(code, 1);
  assert.match(err, /namespace taken exists and does not belong to release ebb in default/);
  assert.match(err, /set namespace\.create=false and label it with\n\s+kubectl label namespace taken pod-security/);
});

test('a release is not kept in the namespace that goes with it', async () => {
  const { code, err } = await cluster.helm('install', 'ebb', chartFolder, '-n', 'ebb-system', '--create-namespace');
  assert.equal(code, 1);
  assert.match(err, /helm uninstall would remove the record of the release with it\. Leave out --namespace ebb-system/);
});

test('the chart before this one is installed by one command, and says what comes next', async () => {
  const notes = await cluster.helmOk('install', 'ebb', previous);
  assert.match(
    notes,
    /touches nothing until a policy says mode: Enforce\.\nIn a new cluster the policy ebb-default \(DryRun/,
  );
  assert.match(notes, /kubectl label namespace NAME ebb\.dev\/allow=enforce/);
  assert.deepEqual(await stands(), before009);
  assert.equal(await switchSays(), undefined, 'the same as Run');
});

test('meanwhile somebody stops all agents, and there are policies and objects of nodes', async () => {
  await served(cluster.plane, ['memoryadvicepolicies', 'nodememoryadvices']);
  await kubectl('patch', 'configmap', '-n', 'ebb-system', 'ebb-switch', '-p', '{"data":{"state":"Stop"}}');
  await create(renamed(policy({}), 'kept'));
  await create(nodeAdviceOf('node-1', { nodeUID: 'one', profiles: [], pods: [] }));
});

const refusedToChange: readonly (readonly [string, RegExp])[] = [
  ['namespace.create=false', /helm would remove namespace ebb-system, which this release made, with everything in it/],
  ['namespace.name=memory', /Ebb is in namespace ebb-system, and an upgrade can't bring it to memory/],
  [
    'namespace.create=false,namespace.name=taken',
    /Ebb is in namespace ebb-system, and an upgrade can't bring it to taken/,
  ],
];
for (const [values, says] of refusedToChange)
  test(`an upgrade to ${values} would remove the namespace with a Stop in it: it is refused, and nothing changes`, async () => {
    const { code, err } = await cluster.helm('upgrade', 'ebb', chartFolder, '--set', values);
    assert.equal(code, 1);
    assert.match(err, says);
    assert.equal((await cluster.get('namespace', 'ebb-system')).metadata['deletionTimestamp' as 'name'], undefined);
    assert.equal(await switchSays(), 'Stop');
  });

const keptNames = async (): Promise<string[]> =>
  (await kubectl('get', 'memoryadvicepolicies,nodememoryadvices', '-A', '-o', 'name')).trim().split('\n');
const kept = ['memoryadvicepolicy.ebb.dev/kept', 'nodememoryadvice.ebb.dev/node-1'];

test('an upgrade changes programs and kinds, and neither what stops them nor what people wrote', async () => {
  await cluster.helmOk('upgrade', 'ebb', chartFolder);
  assert.deepEqual(await stands(), now010);
  assert.equal(await switchSays(), 'Stop');
  assert.deepEqual(await keptNames(), kept);
});

test('what is installed is what helm renders: nothing is left of the release before', async () => {
  const rendered = objectsOf(await cluster.helmOk('get', 'manifest', 'ebb'));
  const { items } = await cluster.get(
    'ns,sa,cm,deploy,ds,pdb,netpol,role,rolebinding',
    '-A',
    '-l',
    'app.kubernetes.io/part-of=ebb',
  );
  const wide = await cluster.get(
    'crd,clusterrole,clusterrolebinding,validatingadmissionpolicy,validatingadmissionpolicybinding',
    ...['-l', 'app.kubernetes.io/part-of=ebb'],
  );
  assert.deepEqual([...items, ...wide.items].map(named).toSorted(), rendered.map(named).toSorted());
});

test('a rollback brings both back, and again leaves the switch and the policies', async () => {
  await cluster.helmOk('rollback', 'ebb', '1');
  assert.deepEqual(await stands(), before009);
  assert.equal(await switchSays(), 'Stop');
  assert.deepEqual(await keptNames(), kept);
  await cluster.helmOk('upgrade', 'ebb', chartFolder, '--set', 'operator.replicas=3');
  assert.deepEqual(await stands(), now010);
});

const rendersNamespace = async (): Promise<boolean> =>
  objectsOf(await cluster.helmOk('get', 'manifest', 'ebb')).some(({ kind }) => kind === 'Namespace');

test('the namespace is left to people by one annotation, which the message names, and taken back by the value', async () => {
  const upgrade = ['upgrade', 'ebb', chartFolder, '--set'];
  const { err } = await cluster.helm(...upgrade, 'namespace.create=false');
  const words = /^ {2}kubectl (annotate namespace ebb-system .*)$/m.exec(err)?.[1]?.split(' ');
  assert.ok(words, err);
  await kubectl(...words);
  for (const create of [false, true]) {
    await cluster.helmOk(...upgrade, `namespace.create=${create}`);
    assert.equal(await rendersNamespace(), create);
    assert.equal(await switchSays(), 'Stop');
  }
});

test('an uninstall leaves the kinds and what people wrote, and nothing else', async () => {
  await cluster.helmOk('uninstall', 'ebb');
  const all =
    'clusterrole,clusterrolebinding,validatingadmissionpolicy,validatingadmissionpolicybinding,role,rolebinding,deploy,ds,cm,sa';
  const { items } = await cluster.get(all, '-A', '-l', 'app.kubernetes.io/part-of=ebb');
  assert.deepEqual(items.map(named), []);
  // No controller finishes its end here.
  assert.ok((await cluster.get('namespace', 'ebb-system')).metadata['deletionTimestamp' as 'name']);
  assert.deepEqual(await keptNames(), kept);
});

test('installed again, it takes over the kinds that stayed; in a namespace of another it says which label is needed', async () => {
  const elsewhere = ['--set', 'namespace.create=false', '--set', 'namespace.name=taken'];
  const notes = await cluster.helmOk('install', 'ebb', chartFolder, ...elsewhere);
  assert.match(notes, /kubectl label namespace taken pod-security\.kubernetes\.io\/enforce=privileged/);
  assert.deepEqual(await keptNames(), kept);
});

test('a release of another name takes them over only where it is told to', async () => {
  await cluster.helmOk('uninstall', 'ebb');
  const install = ['install', 'another', chartFolder, '--set', 'namespace.create=false,namespace.name=taken'];
  const { code, err } = await cluster.helm(...install);
  assert.equal(code, 1);
  assert.match(err, /annotation validation error: key "meta\.helm\.sh\/release-name" must equal "another"/);
  await cluster.helmOk(...install, '--take-ownership');
  assert.deepEqual(await keptNames(), kept);
});

test('the kinds go by the command of the notes, with everything of them', async () => {
  await cluster.helmOk('uninstall', 'another');
  await kubectl('delete', 'crd', '-l', 'app.kubernetes.io/part-of=ebb', '--wait=false');
  for (let left = 300; ; left--) {
    if ((await cluster.get('crd', '-l', 'app.kubernetes.io/part-of=ebb')).items.length === 0) break;
    assert.ok(left > 0, 'the kinds are gone');
    await sleep(200);
  }
  assert.ok(await cluster.get('namespace', 'taken'), 'a namespace that the chart did not make stays');
});
