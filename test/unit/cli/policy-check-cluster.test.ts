/** `ebb policy check` on the kinds that only a cluster knows, and what the agent without one says of them. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { stringify } from 'yaml';
import { readDocuments } from '../../../api/documents.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { checkFiles, runPolicyCheck } from '../../../cli/policy-check.ts';
import { loadFolder } from '../../../node-agent/standalone/load.ts';
import { clusterPolicy, limit, policy } from '../../policies/objects.ts';

async function folder(t: TestContext, ...objects: readonly object[]): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ebb-check-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  await writeFile(join(path, 'all.yaml'), objects.map((object) => stringify(object)).join('---\n'));
  return path;
}

const words = async (t: TestContext, object: object) => (await checkFiles([await folder(t, object)])).policies[0]!;

test('A cluster policy is told in words: whom, where, and how it reaches the nodes', async (t) => {
  const selects = {
    podSelector: { matchLabels: { tier: 'web' } },
    namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a', 'b'] }] },
    nodeSelector: { matchExpressions: [{ key: 'spot', operator: 'DoesNotExist' }] },
    containers: { exclude: ['istio-proxy'] },
  };
  const { summary, profile } = await words(t, clusterPolicy(selects));
  assert.equal(profile?.source.kind, 'ClusterMemoryAdvicePolicy');
  assert.deepEqual(summary.slice(0, 2), [
    'p: decides and says what it would do, touches nothing (mode: DryRun), priority 100',
    '  selects pods with tier=web, namespaces with team in (a, b), nodes with !spot, QoS class Burstable, BestEffort, but not containers istio-proxy',
  ]);
  assert.deepEqual(summary.slice(-2), [
    '  reaches 5 % of the nodes every 15m, halts above 30 % coming back',
    '  for a cluster; an agent without one refuses the file',
  ]);
});

test('A limit is told bound by bound, and has no profile', async (t) => {
  const bounds = { mode: 'DryRun', node: { maxBytesPerSecond: '1Gi' }, guards: { refault: { maxPercent: 5 } } };
  const { summary, profile } = await words(t, limit(bounds));
  assert.equal(profile, null);
  assert.deepEqual(summary, [
    'p: a limit for every namespace, every node',
    '  mode: DryRun',
    '  guards.refault.maxPercent: 5',
    '  node.maxBytesPerSecond: 1Gi',
    '  for a cluster; an agent without one refuses the file',
  ]);
  assert.equal((await words(t, limit({}))).summary[1], '  limits nothing');
});

test('Objects of different kinds may have one name, two of a kind may not', async (t) => {
  assert.equal((await checkFiles([await folder(t, policy({}), clusterPolicy({}), limit({}))])).valid, true);
  const { errors } = await checkFiles([await folder(t, limit({}), limit({}))]);
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['metadata.name'],
  );
});

test('A kind that nobody writes is refused with those that are written', async (t) => {
  for (const kind of ['NodeMemoryAdvice', 'Pod', undefined]) {
    const { errors } = await checkFiles([await folder(t, { ...policy({}), kind })]);
    assert.deepEqual(
      errors.map(({ field }) => field),
      ['kind'],
    );
    assert.equal(errors[0]?.allowed, 'MemoryAdvicePolicy, ClusterMemoryAdvicePolicy or MemoryAdviceLimit');
  }
});

test('A namespace in an object that belongs to none is refused', async (t) => {
  const object = limit({});
  const { errors } = await checkFiles([
    await folder(t, { ...object, metadata: { ...object.metadata, namespace: 'a' } }),
  ]);
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['metadata.namespace'],
  );
});

test('Lists of each kind are read', async (t) => {
  const list = { apiVersion: 'v1', kind: 'ClusterMemoryAdvicePolicyList', items: [clusterPolicy({})] };
  assert.equal((await checkFiles([await folder(t, list)])).policies.length, 1);
});

test('The agent without a cluster refuses what it can’t use, and says why', async (t) => {
  const { policies, errors } = await loadFolder(await folder(t, policy({}), clusterPolicy({}), limit({})));
  assert.equal(policies.length, 1);
  assert.deepEqual(
    errors.map(({ field, value, allowed }) => [field, value, allowed]),
    [
      [
        'kind',
        '"ClusterMemoryAdvicePolicy"',
        'MemoryAdvicePolicy; a ClusterMemoryAdvicePolicy selects by namespace and node, which are not known without a cluster',
      ],
      ['kind', '"MemoryAdviceLimit"', 'MemoryAdvicePolicy; a MemoryAdviceLimit bounds the policies of a cluster'],
    ],
  );
  const text = stringify({ ...policy({}), kind: 'NodeMemoryAdvice' });
  assert.match(readDocuments(text, 'p.yaml', windowMeaning).errors[0]?.allowed ?? '', /written by the operator/);
});

test('The exit code counts errors of every kind', async (t) => {
  const err: string[] = [];
  const streams = { out: () => undefined, err: (text: string) => err.push(text) };
  const code = await runPolicyCheck([await folder(t, limit({ mode: 'Off' }))], streams);
  assert.equal(code, 1);
  assert.match(err.join(''), /all\.yaml:6:3: spec\.mode: value "Off": allowed: DryRun, Enforce or Paused/);
});
