/** The folder of policies, on real files: what is in force after each change. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { formatError } from '../../../../api/documents.ts';
import { type PolicySet, watchPolicies } from '../../../../node-agent/standalone/policies.ts';
import { policyText } from '../../api/policy-text.ts';

const named = (name: string, ...fields: string[]): string =>
  policyText(...fields).replace('{name: p}', `{name: ${name}}`);
const names = (set: PolicySet): string[] => set.profiles.map(({ profile }) => profile.name);

async function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ebb-policies-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

/** Far-apart timers: only refresh() looks, so that a test says when. */
async function still(t: TestContext, path: string) {
  const seen: PolicySet[] = [];
  const watch = await watchPolicies(path, (set) => seen.push(set), { debounceMillis: 600_000, pollMillis: 600_000 });
  t.after(() => watch.close());
  return { watch, seen };
}

test('Files are read in order, hidden ones and others are not', async (t) => {
  const path = await folder(t, {
    'b.yaml': named('b'),
    'a.yml': named('a'),
    '.c.yaml': named('c'),
    'd.txt': 'x',
    'e.yaml~': 'x',
  });
  const { watch, seen } = await still(t, path);
  assert.deepEqual(names(watch.current()), ['a', 'b']);
  assert.equal(watch.current().generation, 1);
  assert.equal(seen.length, 1);
});

test('A bad file leaves the last good set of the whole folder in force, and its error is told', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a'), 'b.yaml': named('b') });
  const { watch } = await still(t, path);
  await writeFile(join(path, 'a.yaml'), named('a', 'priority: 5'));
  await writeFile(join(path, 'b.yaml'), named('b', 'mode: Off'));
  const set = await watch.refresh();
  assert.deepEqual(names(set), ['a', 'b']);
  assert.equal(set.profiles[0]?.profile.priority, 100);
  assert.equal(set.generation, 1);
  assert.deepEqual(set.errors.map(formatError), [
    `${join(path, 'b.yaml')}:7:3: spec.mode: value "Off": allowed: DryRun, Enforce or Paused`,
  ]);
  await writeFile(join(path, 'b.yaml'), named('b', 'mode: Paused'));
  const mended = await watch.refresh();
  assert.deepEqual(mended.errors, []);
  assert.equal(mended.generation, 2);
  assert.deepEqual(
    mended.profiles.map(({ profile }) => [profile.priority, profile.mode]),
    [
      [5, 'DryRun'],
      [100, 'Paused'],
    ],
  );
});

test('With a bad file at the start nothing is in force', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a'), 'b.yaml': 'x: 1\n' });
  const { watch } = await still(t, path);
  assert.deepEqual(names(watch.current()), []);
  assert.equal(watch.current().generation, 0);
  assert.ok(watch.current().errors.length > 0);
});

test('A folder that is missing is an error, and its policies come when it does', async (t) => {
  const path = join(await folder(t), 'later');
  const { watch } = await still(t, path);
  assert.match(watch.current().errors.map(formatError).join(), /ENOENT/);
  await mkdir(path);
  await writeFile(join(path, 'a.yaml'), named('a'));
  assert.deepEqual(names(await watch.refresh()), ['a']);
});

test('A folder that goes away leaves its last good set in force', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a') });
  const { watch } = await still(t, path);
  await rm(path, { recursive: true });
  const set = await watch.refresh();
  assert.deepEqual(names(set), ['a']);
  assert.equal(set.errors.length, 1);
});

test('A removed file takes its policies out of force', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a'), 'b.yaml': named('b') });
  const { watch } = await still(t, path);
  await unlink(join(path, 'a.yaml'));
  assert.deepEqual(names(await watch.refresh()), ['b']);
  await unlink(join(path, 'b.yaml'));
  const none = await watch.refresh();
  assert.deepEqual([names(none), none.errors.length, none.generation], [[], 0, 3]);
});

test('A file cut to nothing counts as still being written', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a') });
  const { watch } = await still(t, path);
  await writeFile(join(path, 'a.yaml'), '');
  const set = await watch.refresh();
  assert.deepEqual([names(set), set.errors[0]?.value], [['a'], 'empty']);
});

test('Two policies of one name are refused, and the error says where the first stands', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a'), 'b.yaml': `---\n${named('a')}` });
  const { watch } = await still(t, path);
  assert.deepEqual(names(watch.current()), []);
  assert.match(
    watch.current().errors.map(formatError).join(),
    /b\.yaml:2:1: metadata\.name: value "a": .*a\.yaml:1 has it/,
  );
});

test('One name in two namespaces is two policies', async (t) => {
  const path = await folder(t, {
    'a.yaml': named('a'),
    'b.yaml': named('a, namespace: x'),
    'c.yaml': named('a, namespace: y'),
  });
  const { watch } = await still(t, path);
  assert.deepEqual(names(watch.current()), ['a', 'x/a', 'y/a']);
});

test('A mounted ConfigMap is followed when its ..data link is replaced', async (t) => {
  const path = await folder(t);
  await mkdir(join(path, '..1'));
  await writeFile(join(path, '..1/a.yaml'), named('one'));
  await symlink('..1', join(path, '..data'));
  await symlink('..data/a.yaml', join(path, 'a.yaml'));
  const { watch } = await still(t, path);
  assert.deepEqual(names(watch.current()), ['one']);
  await mkdir(join(path, '..2'));
  await writeFile(join(path, '..2/a.yaml'), named('two'));
  await symlink('..2', join(path, '..data_tmp'));
  await rename(join(path, '..data_tmp'), join(path, '..data'));
  assert.deepEqual(names(await watch.refresh()), ['two']);
});

test('A file written again with the same policies changes nothing', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a') });
  const { watch, seen } = await still(t, path);
  await writeFile(join(path, 'a.yaml'), `# note\n${named('a')}`);
  assert.equal((await watch.refresh()).generation, 1);
  assert.equal(seen.length, 1);
});

test('Folders, broken links and large files with a policy’s name are errors, not crashes', async (t) => {
  const path = await folder(t, { 'big.yaml': '#'.repeat(1_048_577) });
  await mkdir(join(path, 'dir.yaml'));
  await symlink('nowhere', join(path, 'link.yaml'));
  const { watch } = await still(t, path);
  assert.deepEqual(
    watch.current().errors.map(({ value }) => value),
    ['too large', 'no regular file', 'ENOENT'],
  );
});

test('A change is seen without being asked for', async (t) => {
  const path = await folder(t, { 'a.yaml': named('a') });
  const changed = Promise.withResolvers<PolicySet>();
  const watch = await watchPolicies(path, (set) => set.generation === 2 && changed.resolve(set), {
    debounceMillis: 20,
    pollMillis: 600_000,
  });
  t.after(() => watch.close());
  const keep = setTimeout(() => changed.reject(new Error('no change was seen')), 5000);
  t.after(() => clearTimeout(keep));
  await writeFile(join(path, 'b.yaml'), named('b'));
  assert.deepEqual(names(await changed.promise), ['a', 'b']);
});

test('The poll alone sees a change of a linked file, which tells the folder nothing', async (t) => {
  const other = await folder(t, { 'real.yaml': named('a') });
  const path = await folder(t);
  await symlink(join(other, 'real.yaml'), join(path, 'a.yaml'));
  const changed = Promise.withResolvers<PolicySet>();
  const watch = await watchPolicies(path, (set) => set.generation === 2 && changed.resolve(set), {
    debounceMillis: 1,
    pollMillis: 50,
  });
  t.after(() => watch.close());
  const keep = setTimeout(() => changed.reject(new Error('no change was seen')), 5000);
  t.after(() => clearTimeout(keep));
  await writeFile(join(other, 'real.yaml'), named('b'));
  assert.deepEqual(names(await changed.promise), ['b']);
});
