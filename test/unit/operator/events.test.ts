import assert from 'node:assert/strict';
import test from 'node:test';
import type { Condition } from '../../../api/conditions.ts';
import { eventObject, eventsOf } from '../../../operator/events.ts';
import { now, objectOf } from './reported.ts';
import { clusterPolicy, policy } from './small-cluster.ts';

type Is = readonly [type: string, status: Condition['status'], reason: string];

const conditions = (...all: readonly Is[]): Condition[] =>
  all.map(([type, status, reason]) => ({
    type,
    status,
    reason,
    message: `${type} is ${status}`,
    lastTransitionTime: '',
  }));

const well: readonly Is[] = [
  ['Accepted', 'True', 'Accepted'],
  ['Programmed', 'True', 'Programmed'],
  ['Overridden', 'False', 'NotOverridden'],
  ['Effective', 'True', 'Effective'],
];
const but = (is: Is): Is[] => well.map((one) => (one[0] === is[0] ? is : one));

const cases: readonly (readonly [string, readonly Is[] | null, readonly Is[], readonly string[]])[] = [
  ['a new policy that is well', null, well, []],
  ['nothing new', well, well, []],
  ['a new policy that is not understood', null, but(['Accepted', 'False', 'Invalid']), ['Warning Invalid']],
  ['no longer understood', well, but(['Accepted', 'False', 'Invalid']), ['Warning Invalid']],
  ['understood again', but(['Accepted', 'False', 'Invalid']), well, ['Normal Accepted']],
  ['not allowed', well, but(['Accepted', 'True', 'EnforceNotAllowed']), ['Warning EnforceNotAllowed']],
  ['allowed', but(['Accepted', 'True', 'EnforceNotAllowed']), well, ['Normal Accepted']],
  ['overridden', well, but(['Overridden', 'True', 'Overridden']), ['Warning Overridden']],
  ['not overridden', but(['Overridden', 'True', 'Overridden']), well, ['Normal NotOverridden']],
  ['no swap', well, but(['Effective', 'False', 'NoSwap']), ['Warning NoSwap']],
  ['another reason', but(['Effective', 'False', 'NoSwap']), but(['Effective', 'False', 'AgentSilent']), []],
  ['swap', but(['Effective', 'False', 'NoSwap']), well, ['Normal Effective']],
  ['nobody knows', but(['Effective', 'False', 'NoSwap']), but(['Effective', 'Unknown', 'NoReports']), []],
  ['on its way', well, but(['Programmed', 'False', 'RollingOut']), []],
  [
    'halted',
    but(['Programmed', 'False', 'RollingOut']),
    but(['Programmed', 'False', 'RolloutHalted']),
    ['Warning RolloutHalted'],
  ],
  [
    'goes on',
    but(['Programmed', 'False', 'RolloutHalted']),
    but(['Programmed', 'False', 'RollingOut']),
    ['Normal RollingOut'],
  ],
];

for (const [name, before, after, expected] of cases)
  test(`events: ${name}`, () => {
    const told = eventsOf(before && { conditions: conditions(...before) }, conditions(...after));
    assert.deepEqual(
      told.map(({ type, reason }) => `${type} ${reason}`),
      expected,
    );
  });

const event = { type: 'Warning', condition: 'Effective', reason: 'NoSwap', note: 'on 1 node' } as const;

test('the same Event of the same object has the same name at any time, another has another', () => {
  const object = objectOf(policy('p'));
  const nameOf = (...of: Parameters<typeof eventObject>) => eventObject(...of).metadata.name;
  const name = nameOf(object, event, now, 'a');
  assert.match(name, /^p\.[0-9a-f]{16}$/);
  assert.equal(nameOf(object, event, new Date(0), 'b'), name);
  assert.notEqual(nameOf(object, { ...event, note: 'on 2 nodes' }, now, 'a'), name);
  assert.notEqual(nameOf(objectOf(policy('p', {}, { uid: 'another' })), event, now, 'a'), name);
});

test('an Event of a cluster policy stands in default, and a long name and note are cut', () => {
  const object = objectOf(clusterPolicy('p'.repeat(253)));
  const note = '’'.repeat(1000);
  const [cut] = eventsOf(null, [{ ...conditions(['Effective', 'False', 'NoSwap'])[0]!, message: note }]);
  assert.ok(Buffer.byteLength(cut!.note) <= 1024);
  const { metadata, regarding, eventTime } = eventObject(object, event, now, 'i');
  assert.equal(metadata.namespace, 'default');
  assert.equal(metadata.name.length, 253);
  assert.equal(regarding.name.length, 253);
  assert.ok(!('namespace' in regarding));
  assert.equal(eventTime, '2026-01-01T12:00:00.000000Z');
});
