/** The CRDs before a real API server: what it takes, what it fills in, what it refuses and in which words. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { decodeClusterPolicy } from '../../api/decode.ts';
import { decodeUserObject } from '../../api/decode-kinds.ts';
import { kinds } from '../../api/kinds.ts';
import { windowMeaning } from '../../api/schedule.ts';
import { objectBlocks } from '../docs/pages.ts';
import { type Invalid, invalid } from '../policies/invalid.ts';
import { nearValid, valid } from '../policies/near-valid.ts';
import { nodeAdviceOf, nodeSpecOf, nodeStatusOf } from '../policies/node-advice.ts';
import { type APIObject, clusterPolicy, limit, named, policy } from '../policies/objects.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { crdsFolder, installCRDs } from './crds.ts';

const root = join(import.meta.dirname, '../..');

let plane: ControlPlane;

before(async () => {
  plane = await startControlPlane();
  await installCRDs(plane);
});
after(() => plane?.stop());

async function done(words: readonly string[], input = '') {
  const ended = await plane.kubectl(words, { input });
  assert.equal(ended.code, 0, `kubectl ${words.join(' ')}: ${ended.err}`);
  return ended;
}

const text = (...objects: readonly object[]) => objects.map((object) => JSON.stringify(object)).join('\n---\n');
const dryRun = ['create', '--dry-run=server', '-f', '-'];

test('Every CRD is structural, established, and has its names', async () => {
  assert.equal(globSync('*.yaml', { cwd: crdsFolder }).length, kinds.length);
  const { out } = await done(['get', 'crd', '-o', 'json']);
  const { items } = JSON.parse(out) as { items: { status: { conditions: { type: string; status: string }[] } }[] };
  for (const { status } of items) {
    const states = status.conditions.map(({ type, status: state }) => `${type}=${state}`);
    assert.deepEqual(states.sort(), ['Established=True', 'NamesAccepted=True']);
  }
  const resources = await done(['api-resources', '--categories=ebb', '--no-headers']);
  for (const { shortName, kind } of kinds) assert.match(resources.out, new RegExp(`\\b${shortName}\\b.*\\b${kind}\\n`));
});

/** A few at a time: each is a process of its own. */
async function inTurns<T>(list: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const turn = async () => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await each(next);
  };
  await Promise.all([turn(), turn(), turn()]);
}

test('What ebb policy check refuses, the API server refuses, and names the field and what is allowed', async (t) => {
  const wrong: string[] = [];
  await inTurns(invalid, async (one) => {
    const { code, err } = await plane.kubectl(dryRun, { input: text(one.object) });
    if (code !== 1 || !saysWhy(err, one)) wrong.push(`${one.title}: wanted ${one.serverField}: …${one.server}\n${err}`);
  });
  t.diagnostic(`${invalid.length} objects`);
  assert.equal(wrong.length, 0, wrong.join('\n'));
});

/** One message may hold several causes: the field and the words must stand in the same one. */
function saysWhy(err: string, { serverField, server }: Invalid): boolean {
  const parts = err.split(/\n\* |(?<=is invalid: )|, (?=spec\.)/);
  return parts.some((part) => part.includes(server) && (serverField === '' || part.startsWith(`${serverField}: `)));
}

test('Objects without a fault are accepted by apply as well', async () => {
  const objects = [
    policy({}),
    clusterPolicy({}),
    limit({}),
    limit({ mode: 'DryRun', node: { maxBytesPerSecond: '1Gi' } }),
  ];
  const { err } = await done(['apply', '--dry-run=server', '-f', '-'], text(...objects));
  assert.equal(err, '');
});

/** Objects of a namespace are taken only where that exists. */
async function withNamespaces(text: string): Promise<void> {
  const names = [...text.matchAll(/\bnamespace: ([\w-]+)/g)].map(([, name]) => name!);
  const objects = [...new Set(names)].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  await done(['apply', '-f', '-'], objects.map((object) => JSON.stringify(object)).join('\n---\n'));
}

test('What the pages show for a cluster is accepted as it stands', async () => {
  const meant = objectBlocks().filter(({ text }) => /apiVersion: ebb\.dev\//.test(text) && !/standalone:/.test(text));
  assert.ok(meant.length >= 15, String(meant.length));
  const all = meant.map(({ text }) => text).join('\n---\n');
  await withNamespaces(all);
  await done(['apply', '--dry-run=server', '-f', '-'], all);
});

test('Every policy of the cookbook is applied as its file stands, without a warning, and says DryRun or less', async () => {
  const folder = join(root, 'examples/cookbook');
  const files = globSync('*.yaml', { cwd: folder }).map((file) => join(folder, file));
  assert.ok(files.length >= 10, String(files.length));
  await withNamespaces(files.map((file) => readFileSync(file, 'utf8')).join('\n'));
  const { out, err } = await done(['apply', '-o', 'json', '-f', folder]);
  assert.equal(err, '');
  const { items } = JSON.parse(out) as { items: { spec: { mode?: string } }[] };
  assert.ok(items.length >= files.length);
  assert.deepEqual(
    items.filter(({ spec }) => spec.mode === 'Enforce'),
    [],
  );
});

test('The API server fills in what zod fills in, and nothing else', async () => {
  const objects = [policy({}), clusterPolicy({}), limit({}), limit({ guards: { refault: {} }, memory: {} })];
  const generated = fc.sample(valid, { numRuns: 60, seed: 4 });
  const all = [...objects, ...generated].map((object, index) => named(object, `p-${index}`));
  const { out } = await done(['apply', '--dry-run=server', '-o', 'json', '-f', '-'], text(...all));
  const { items } = JSON.parse(out) as { items: APIObject[] };
  assert.equal(items.length, all.length);
  items.forEach(({ spec }, index) => {
    const decoded = decodeUserObject(all[index], windowMeaning);
    assert.ok('policy' in decoded);
    const wanted = JSON.parse(JSON.stringify(decoded.policy.spec)) as { qosClasses?: readonly string[] };
    // A file without qosClasses means what has no class too, which no pod of a cluster is.
    if (all[index]?.kind === 'MemoryAdvicePolicy') wanted.qosClasses ??= ['Burstable', 'BestEffort'];
    assert.deepEqual(spec, wanted);
  });
});

test('zod and the API server agree on policies and limits at the edge of what is valid', async (t) => {
  const counts = { accepted: 0, refused: 0 };
  const batch = fc.array(nearValid, { minLength: 100, maxLength: 100, size: 'max' });
  await fc.assert(
    fc.asyncProperty(batch, async (objects) => {
      const all = objects.map((object, index) => named(object, `p-${index}`));
      const { out, err } = await plane.kubectl([...dryRun, '-o', 'name'], { input: text(...all) });
      const created = new Set(out.trim().split('\n'));
      for (const object of all) {
        const decoded = decodeAsCluster(object);
        const server = created.has(`${object.kind.toLowerCase()}.ebb.dev/${object.metadata.name}`);
        counts[server ? 'accepted' : 'refused']++;
        const about = () => `${JSON.stringify(object)}\n${JSON.stringify(decoded)}\n${linesAbout(err, object)}`;
        assert.equal('policy' in decoded, server, about());
      }
    }),
    { numRuns: 10, endOnFailure: true },
  );
  t.diagnostic(`${counts.accepted} accepted by both, ${counts.refused} refused by both`);
  assert.ok(counts.accepted > 100 && counts.refused > 100);
});

/** No block for agents without a cluster. */
const decodeAsCluster = (object: APIObject) =>
  (object.kind === 'MemoryAdvicePolicy' ? decodeClusterPolicy : decodeUserObject)(object, windowMeaning);

const linesAbout = (err: string, { metadata }: APIObject) =>
  err
    .split('\n')
    .filter((line) => line.includes(`"${metadata.name}"`))
    .join('\n');

test('kubectl explain shows what each field means', async () => {
  const wanted = [
    ['madv.spec.steps.ranges', /KeepHot leaves alone what came back/],
    ['cmadv.spec.rollout.haltRefaultPercent', /no further node\s+gets it/],
    ['madl.spec.node.maxSwapWriteBytesPerDay', /what a\s+disk endures/],
    ['nma.status.containers.blocker', /What keeps it from the next step/],
    ['nma.spec.profiles', /Each resolved policy once/],
  ] as const;
  for (const [path, meaning] of wanted) assert.match((await explained(path)).out, meaning, path);
  assert.match((await explained('madv.spec.mode')).out, /ENUM:\s+DryRun\s+Enforce\s+Paused[\s\S]*touches nothing/);
});

/** The description of a new kind is published some moments after it is served. */
async function explained(path: string) {
  for (let left = 100; left > 0; left--) {
    const ended = await plane.kubectl(['explain', path]);
    if (ended.code === 0) return ended;
    await sleep(100);
  }
  return await done(['explain', path]);
}

test('kubectl get shows mode, what is in force of it, matched pods and what was reclaimed', async () => {
  await done(['create', '-f', '-'], text(named(policy({}), 'shown'), named(clusterPolicy({}), 'shown')));
  const condition = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  const status = {
    conditions: [{ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    effective: 'DryRun 6/7',
    matchedPods: 7,
    idleContainers: 5,
    reclaimedBytesTotal: '3276Mi',
    netByteSeconds: '-9007199254740993',
    summary: { reclaimed: '3.19Gi' },
  };
  for (const kind of ['madv', 'cmadv'])
    await done(['patch', kind, 'shown', '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
  const { out } = await done(['get', 'madv,cmadv']);
  assert.match(out, /NAME +MODE +EFFECTIVE +MATCHED +IDLE +RECLAIMED +WOULDRECLAIM +AGE/);
  assert.equal(out.match(/shown +DryRun +DryRun 6\/7 +7 +5 +3\.19Gi +/g)?.length, 2, out);
});

test('A node’s object of 250 pods with 10 containers each is taken, and so is its status', async () => {
  await done(['create', '-f', '-'], text(nodeAdviceOf('node-1', nodeSpecOf(250, 10))));
  const { spec: _, ...object } = nodeAdviceOf('node-1', {});
  const status = text({ ...object, status: nodeStatusOf(256) });
  await done(['apply', '--server-side', '--field-manager=ebb-agent', '--subresource=status', '-f', '-'], status);
  const { out } = await done(['get', 'nma', 'node-1', '-o', 'json']);
  const stored = JSON.parse(out) as { spec: object; status: object };
  assert.deepEqual(stored.spec, nodeSpecOf(250, 10));
  assert.deepEqual(stored.status, nodeStatusOf(256));
  assert.match((await done(['get', 'nma'])).out, /node-1 +True +Zram /);
});

test('A node’s object with garbage is refused by the API server too', async () => {
  const spec = nodeSpecOf(1, 1);
  for (const [broken, words] of [
    [{ ...spec, profiles: [{ ...spec.profiles[0], mode: 'Careful' }] }, /spec\.profiles\[0\]\.mode: Unsupported value/],
    [{ ...spec, pods: [{ ...spec.pods[0], containers: [{ name: 'a', id: 'short' }] }] }, /containers\[0\]\.id/],
    [{ ...spec, nodeUID: undefined }, /spec\.nodeUID: Required value/],
    [{ ...spec, later: 1 }, /unknown field "spec\.later"/],
  ] as const) {
    const { code, err } = await plane.kubectl(dryRun, { input: text(nodeAdviceOf('node-2', broken)) });
    assert.equal(code, 1);
    assert.match(err, words);
  }
});
