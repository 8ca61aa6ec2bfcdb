/** `kubectl ebb status`, `why` and `policies` on a real API server, as people who may see all of it, some of it, nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { parse } from 'yaml';
import { shapes } from '../../../cli/kubectl-ebb/shapes.ts';
import { Installation } from './installation.ts';
import { lacks, offeredBy } from './shells.ts';

let here: Installation;
before(async () => {
  here = await Installation.start();
  await here.report();
});
after(() => here?.[Symbol.asyncDispose]());

/** As somebody with ebb-viewer alone. */
async function shown(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await here.ebb(words, 'ebb-viewer');
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.equal(out.includes('\x1b'), false, 'no colour where there is no terminal');
  return out;
}

async function refused(words: readonly string[], clusterRole: string | null, code = 1): Promise<string> {
  const ended = await here.ebb(words, clusterRole);
  assert.deepEqual({ code: ended.code, out: ended.out }, { code, out: '' });
  return ended.err;
}

test('kubectl finds the plugin', async () => {
  assert.match((await here.ebb(['--help'])).out, /^kubectl ebb [0-9.]+: shows and steers Ebb/);
  assert.equal((await here.ebb([])).code, 2);
});

test('with ebb-viewer alone the status says all: switch, leader, agents, swap, policies, what was reclaimed', async () => {
  const text = await shown('status');
  assert.match(text, /^switch +Run: agents do what policies say$/m);
  assert.match(text, /^operator +ebb-operator-1 leads, renewed \d+ s ago; 1 of 2 replicas ready$/m);
  assert.match(text, /^agents +1 of 2 ready; 1 of 2 nodes heard in the last 10 minutes$/m);
  assert.match(text, /^swap +Zram on 1; 3 GiB of 4 GiB free$/m);
  assert.match(text, /^policies +6: 1 DryRun, 5 Enforce$/m);
  assert.match(text, /^SwapFull +1 container +shop\/db +free swap is below/m);
  assert.match(text, /^NoReports +1 node +n2 /m);
  assert.match(text, /^OperatorNotReady +1 replica /m);
  assert.match(text, /^AgentsNotReady +1 agent /m);
  assert.doesNotMatch(text, /not shown/);
});

test('the same as JSON and as YAML', async () => {
  const json = JSON.parse(await shown('status', '-o', 'json'));
  const yaml = parse(await shown('status', '-o', 'yaml'));
  for (const view of [json, yaml]) view.operator.renewedSecondsAgo = 0;
  assert.deepEqual(json, yaml);
  assert.deepEqual(json.agents, { desired: 2, ready: 1, reporting: 1, silent: [] });
  assert.equal(json.nodes.swappedBytes, 2 ** 30);
});

test('what -o json holds is what the docs list, whatever is asked', async () => {
  const asked = [
    ['status', 'status'],
    ['top pods', 'top', 'pods', '-A'],
    ['top nodes', 'top', 'nodes'],
    ['top policies', 'top', 'policies', '-A'],
    ['why', 'why', 'db', '-n', 'shop'],
    ['why', 'why', 'private', '-n', 'shop'],
    ['policies', 'policies', 'web', '-n', 'shop'],
  ] as const;
  const checks = asked.map(async ([shape, ...words]) => {
    const printed: unknown = JSON.parse(await shown(...words, '-o', 'json'));
    assert.deepEqual(shapes[shape].parse(printed), printed, words.join(' '));
  });
  await Promise.all(checks);
});

test('who may see some of it is shown that, and told what is missing and which role grants it', async () => {
  const { code, out } = await here.ebb(['status'], 'ebb-cluster-policy-editor');
  assert.equal(code, 0);
  assert.match(out, /^policies +6: /m);
  assert.match(out, /^switch +-$/m);
  assert.match(
    out,
    /^not shown: user "ebb-cluster-policy-editor" may not get configmaps in namespace ebb-system; ClusterRole ebb-viewer grants it/m,
  );
});

test('who may see nothing is told the verb, the resource and the role', async () => {
  const grants = 'ClusterRole ebb-viewer grants it: kubectl create clusterrolebinding NAME --clusterrole=ebb-viewer';
  for (const [words, right] of [
    [['status'], 'get configmaps in namespace ebb-system'],
    [['policies', 'web', '-n', 'shop'], 'get pods in namespace shop'],
    [['why', 'web', '-n', 'shop'], 'list nodememoryadvices.ebb.dev in the cluster'],
  ] as const)
    assert.ok((await refused(words, null)).startsWith(`kubectl ebb: user "nobody" may not ${right}; ${grants}`), right);
});

test('why says state, reason, blocker and policy of each container', async () => {
  const web = await shown('why', 'web', '-n', 'shop');
  assert.match(web, /^policy +shop\/idle \(Enforce\), tightened by floor$/m);
  assert.match(web, /^state +PagedOut for 10 min \d+ s$/m);
  assert.match(web, /^last advice +PageOut 5 min \d+ s ago$/m);
  const db = await shown('why', 'pod/db', '--namespace', 'shop');
  assert.match(db, /^reason +SwapFull: free swap is below what the policy leaves free$/m);
  assert.match(db, /^next step +held back by swapFreePercent: observed 7, allowed 10$/m);
  const { containers } = JSON.parse(await shown('why', 'db', '-n', 'shop', '-o', 'json'));
  assert.deepEqual(
    containers.map(({ name, state }: { name: string; state: string }) => `${name} ${state}`),
    ['app Skipped', 'proxy Active'],
  );
});

test('why says of a pod that no policy has why each of them does not take it', async () => {
  const text = await shown('why', 'private', '-n', 'shop');
  assert.match(text, /^policy +none has it/m);
  assert.match(text, /^shop\/later +Refused +OptedOut +an annotation ebb.dev\/do-not-advise/m);
});

test('who may read the objects of nodes and no pods is told why all the same', async () => {
  const { code, out } = await here.ebb(['why', 'web', '-n', 'shop'], 'ebb-cluster-policy-editor');
  assert.equal(code, 0);
  assert.match(out, /^state +PagedOut/m);
  const none = await refused(['why', 'private', '-n', 'shop'], 'ebb-cluster-policy-editor');
  assert.match(none, /no node’s object has pod private .* may not get pods in namespace shop; ClusterRole ebb-viewer/);
});

test('policies says who wins and why none of the others, what limits tighten, and that the node has it', async () => {
  const text = await shown('policies', 'web', '-n', 'shop', '-o', 'wide');
  assert.match(text, /^follows +shop\/idle \(Enforce\)$/m);
  assert.match(text, /^node has it +yes$/m);
  assert.match(text, /^shop\/later .*shop\/idle comes first: priority 100 before 900$/m);
  assert.match(text, /^everywhere .*policies of a namespace come before cluster policies$/m);
  assert.match(text, /^elsewhere .*spec.nodeSelector does not match the node \(pool=web\)$/m);
  assert.match(text, /^floor +yes +limits.maxBytesPerSecond 128Mi becomes 64Mi; node.minSwapFreePercent 20, shared$/m);
  assert.match(text, /^ {2}at most 64Mi\/s /m);
});

test('what policies says is what the operator planned, for every pod', async () => {
  const pods = [
    ['shop', 'web'],
    ['shop', 'db'],
    ['shop', 'private'],
    ['bank', 'ledger'],
  ] as const;
  const asked = pods.map(async ([namespace, name]) => {
    const about = async (command: string) => JSON.parse(await shown(command, name, '-n', namespace, '-o', 'json'));
    const [judged, why] = await Promise.all([about('policies'), about('why')]);
    assert.equal(judged.programmed, true, name);
    assert.equal(why.policy?.name ?? null, judged.follows, name);
  });
  await Promise.all(asked);
});

test('top lists pods, nodes and policies by the memory that was moved, the most first', async () => {
  const pods = (await shown('top', '-n', 'shop')).split('\n');
  assert.match(pods[0]!, /^NAMESPACE +POD +NODE +STATE +SWAPPED +RESIDENT +WOULD$/);
  assert.match(pods[1]!, /^shop +web +n1 +PagedOut +1 GiB +8 MiB +0 B$/);
  assert.match(pods[2]!, /^shop +db +n1 +Skipped +0 B +700 MiB +0 B$/);
  const bySize = JSON.parse(await shown('top', 'pods', '-A', '--sort-by', 'resident', '-o', 'json'));
  assert.deepEqual(
    bySize.pods.map(({ pod }: { pod: string }) => pod),
    ['db', 'web'],
  );
  assert.match(
    await shown('top', 'nodes'),
    /^n1 +2 +1 GiB +708 MiB +0 B +2 GiB +256 MiB +512 MiB·h +heard +-\nn2 +0 .* not yet +-$/m,
  );
  assert.match(
    await shown('top', 'policies', '-A'),
    /^shop\/idle +Enforce +2 +2 +1 GiB +0 B +2 GiB +256 MiB +512 MiB·h$/m,
  );
  assert.doesNotMatch(await shown('top', 'policies', '-n', 'bank'), /idle|everywhere/);
  assert.equal(await shown('top', '-n', 'default'), 'no pod here has a container that is not Active\n');
});

test('with -w it is shown again when the agent reports something else, and not before', async () => {
  const kubeconfig = await here.person('ebb-viewer');
  await using watching = here.follow(['top', 'nodes', '-w'], kubeconfig);
  await watching.says(/^n2 +0 /m);
  const before = watching.out;
  await here.reporting.says('n2', [{ uid: await here.policyUID('careful', 'bank'), swappedBytes: 3 * 2 ** 20 }]);
  await watching.says(/^n2 +0 +3 MiB/m);
  assert.equal(watching.out.slice(before.length).match(/^NODE /gm)?.length, 1);
});

test('kubectl’s own completion knows the plugin: its commands, pods, nodes, namespaces', async () => {
  const kubeconfig = await here.person('ebb-viewer');
  const offered = async (...words: readonly string[]) =>
    (await here.plane.kubectl(['__complete', 'ebb', ...words], { kubeconfig })).out.split('\n');
  assert.ok(
    (await offered('sta')).includes('status\tsay how Ebb is doing in this cluster, and what stands in its way'),
  );
  assert.deepEqual((await offered('why', '-n', 'shop', '')).slice(0, 5), ['db', 'private', 'unbound', 'web', ':4']);
  assert.deepEqual((await offered('pause', 'n')).slice(0, 3), ['n1', 'n2', ':4']);
  assert.deepEqual((await offered('why', '-n', 's')).slice(0, 2), ['shop', ':4']);
  assert.deepEqual((await offered('status', '--context', '')).slice(0, 2), ['ebb-test', ':4']);
  assert.deepEqual((await offered('why', '--kubeconfig', '/nowhere', '')).slice(0, 1), [':4']);
});

for (const shell of ['bash', 'zsh', 'fish'] as const)
  test(`${shell} completes kubectl ebb and kubectl-ebb`, { skip: lacks(shell) }, async () => {
    // fish writes into its home.
    const home = { HOME: join(here.plane.folder, 'home'), XDG_CONFIG_HOME: undefined, XDG_DATA_HOME: undefined };
    const env = { ...process.env, ...here.plane.env, ...home, KUBECONFIG: await here.person('ebb-viewer') };
    assert.match(await offeredBy(shell, 'kubectl ebb pol', 'policies', env), /policies/);
    assert.match(await offeredBy(shell, 'kubectl-ebb why -n shop pr', 'private', env), /private/);
  });

test('a pod that is not there, and words that make no sense, end with what is allowed', async () => {
  const viewer = 'ebb-viewer';
  assert.match(await refused(['why', 'gone', '-n', 'shop'], viewer), /namespace shop has no pod gone/);
  assert.match(await refused(['policies', 'unbound', '-n', 'shop'], viewer), /pod unbound is on no node yet/);
  const usage = (...words: string[]) => refused(words, viewer, 2);
  assert.match(await usage('why'), /an argument is missing: kubectl ebb why POD/);
  assert.match(await usage('why', 'Web_0'), /the pod is Web_0: allowed: a name of lower-case letters/);
  assert.match(
    await usage('why', 'web', '-n', '../x'),
    /--namespace takes a name of lower-case letters, .* not \.\.\/x/,
  );
  assert.match(await usage('status', '-o', 'xml'), /--output takes table, wide, json, yaml, not xml/);
  assert.match(await usage('weather'), /unknown command weather\nusage: kubectl ebb status \| /);
});

test('another context, and a kubeconfig that is wrong, are told with what is allowed', async () => {
  const viewer = 'ebb-viewer';
  assert.match(await refused(['status', '--context', 'other'], viewer), /context other: allowed: ebb-test/);
  assert.match((await here.ebb(['status', '--context', 'ebb-test'], viewer)).out, /^switch/);
  assert.match(await refused(['status', '--kubeconfig', '/nowhere'], viewer), /\/nowhere/);
  const elsewhere = here.plane.kubeconfigWithToken('unknown');
  assert.match(await refused(['status', '--kubeconfig', elsewhere], viewer), /does not know who asks/);
});
