import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Change, type Item, Store } from '../../../kube/store.ts';

const item = (name: string, uid: string, version: string, namespace = 'a'): Item<string> => ({
  namespace,
  name,
  uid,
  resourceVersion: version,
  value: `${uid}@${version}`,
});

const told = (changes: readonly Change<string>[]) =>
  changes.map((change) =>
    change.kind === 'removed' ? `removed ${change.before.value}` : `${change.kind} ${change.item.value}`,
  );

test('an object is added, changed, removed; the same resourceVersion again is no change', () => {
  const store = new Store<string>();
  assert.deepEqual(told(store.put(item('p', 'u1', '1'))), ['added u1@1']);
  const kept = store.get('a', 'p');
  assert.deepEqual(told(store.put(item('p', 'u1', '1'))), []);
  assert.equal(store.get('a', 'p'), kept);
  assert.deepEqual(told(store.put(item('p', 'u1', '2'))), ['changed u1@2']);
  assert.deepEqual(told(store.remove('a', 'p', 'u1')), ['removed u1@2']);
  assert.deepEqual(told(store.remove('a', 'p')), []);
});

test('an object replaced under its name is one removed and one added', () => {
  const store = new Store<string>();
  store.put(item('p', 'u1', '1'));
  assert.deepEqual(told(store.put(item('p', 'u2', '5'))), ['removed u1@1', 'added u2@5']);
  assert.deepEqual(store.withUid('u1'), []);
  assert.equal(store.withUid('u2').length, 1);
});

test('news of the end of one that was replaced leaves its successor', () => {
  const store = new Store<string>();
  store.put(item('p', 'u2', '5'));
  assert.deepEqual(store.remove('a', 'p', 'u1'), []);
  assert.equal(store.size, 1);
});

test('a list tells what is gone, and only from it on the store is synced', () => {
  const store = new Store<string>();
  assert.equal(store.synced, false);
  store.replace([item('p', 'u1', '1'), item('q', 'u2', '1'), item('r', 'u3', '1')]);
  assert.equal(store.synced, true);
  const changes = store.replace([item('q', 'u2', '1'), item('r', 'u9', '4'), item('s', 'u4', '2')]);
  assert.deepEqual(told(changes), ['removed u1@1', 'removed u3@1', 'added u9@4', 'added u4@2']);
});

test('two objects of one uid are both kept, under their names and under the uid', () => {
  const store = new Store<string>();
  store.put(item('p', 'u1', '1'));
  store.put(item('q', 'u1', '2'));
  assert.deepEqual(
    store
      .withUid('u1')
      .map(({ name }) => name)
      .sort(),
    ['p', 'q'],
  );
  store.remove('a', 'p', 'u1');
  assert.deepEqual(
    store.withUid('u1').map(({ name }) => name),
    ['q'],
  );
});

const items = fc
  .record({
    namespace: fc.constantFrom('', 'a', 'b'),
    name: fc.constantFrom('p', 'q', 'r', 's'),
    uid: fc.constantFrom('u1', 'u2', 'u3'),
    resourceVersion: fc.constantFrom('1', '2', '3'),
  })
  .map(({ namespace, name, uid, resourceVersion }) => item(name, uid, resourceVersion, namespace));

type Step = { readonly put: Item<string> } | { readonly remove: Item<string> } | { readonly list: Item<string>[] };
const step: fc.Arbitrary<Step> = fc.oneof(
  items.map((put) => ({ put })),
  items.map((remove) => ({ remove })),
  fc.uniqueArray(items, { selector: ({ namespace, name }) => `${namespace}/${name}` }).map((list) => ({ list })),
);

function act(store: Store<string>, step: Step): Change<string>[] {
  if ('put' in step) return store.put(step.put);
  if ('remove' in step) return store.remove(step.remove.namespace, step.remove.name, step.remove.uid);
  return store.replace(step.list);
}

test('who follows the changes has what the store has, and each uid finds exactly its items', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const store = new Store<string>();
      const followed = new Map<string, Item<string>>();
      for (const change of steps.flatMap((one) => act(store, one))) {
        const { namespace, name } = change.kind === 'removed' ? change.before : change.item;
        const before = followed.get(`${namespace}/${name}`);
        assert.equal(before, change.kind === 'added' ? undefined : change.before);
        if (change.kind === 'removed') followed.delete(`${namespace}/${name}`);
        else followed.set(`${namespace}/${name}`, change.item);
      }
      const all = [...store.items()];
      assert.deepEqual(new Set(followed.values()), new Set(all));
      for (const uid of ['u1', 'u2', 'u3'])
        assert.deepEqual(new Set(store.withUid(uid)), new Set(all.filter((one) => one.uid === uid)));
    }),
  );
});
