/** Which agents count as having obeyed the switch: only those that say so, and have said it since. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nodeViewOf } from '../../../../cli/kubectl-ebb/node-view.ts';
import { differsFrom, obeyed, progressText, reportedSince } from '../../../../cli/kubectl-ebb/switch/obeyed.ts';
import { justNow, longAgo, nodeObject, notReady, now } from './nodes.ts';

const node = (name: string, reason: string, more: object = {}) =>
  nodeViewOf(nodeObject(name, { status: { ...notReady(reason), ...more } }));
const any = () => true;

test('an agent that is silent, or has never reported, has not obeyed', () => {
  const gone = node('n2', 'SwitchStop', { reportTime: longAgo });
  const never = nodeViewOf(nodeObject('n3', { status: null }));
  const found = obeyed('Stop', [node('n1', 'SwitchStop'), gone, never], any, now);
  assert.deepEqual(found, { obeyed: ['n1'], waiting: [], silent: ['n2', 'n3'] });
  assert.equal(progressText(found, []), 'agents that have obeyed: 1 of 3; not heard of: n2, n3');
});

test('a reason that is left from an earlier Restore counts only once it is reported again', () => {
  const left = node('n1', 'Restored');
  const again = node('n1', 'Restored', { reportTime: '2026-01-01T00:04:30Z' });
  const isNew = differsFrom([left]);
  assert.deepEqual(obeyed('Restore', [left], isNew, now).waiting, ['n1']);
  assert.deepEqual(obeyed('Restore', [again], isNew, now).obeyed, ['n1']);
});

test('where the switch said so before, reports count that were made since it does', () => {
  const setAt = (time: string) => {
    const field = (name: string) => ({ 'f:data': { '.': {}, [name]: {} } });
    const managedFields = [
      { manager: 'helm', time: '2026-01-01T00:05:00Z', fieldsV1: field('f:other') },
      { manager: 'kubectl-ebb', time, fieldsV1: field('f:state') },
    ];
    return reportedSince({ metadata: { managedFields } });
  };
  const said = node('n1', 'Restored', { reportTime: justNow });
  assert.equal(setAt('2026-01-01T00:03:59Z')(said), true);
  assert.equal(setAt('2026-01-01T00:04:01Z')(said), false);
  assert.equal(reportedSince({ metadata: {} })(said), true, 'nobody ever set it');
});

test('to run is whatever is not about the switch, and how far a restore is comes in the agent’s words', () => {
  assert.deepEqual(obeyed('Run', [node('n1', 'NoSwap'), node('n2', 'Restored')], any, now).waiting, ['n2']);
  const [condition] = notReady('SwitchRestore').conditions;
  const busy = node('n1', '', { conditions: [{ ...condition, message: '4 containers are still \x1bto come' }] });
  assert.equal(
    progressText(obeyed('Restore', [busy], any, now), [busy]),
    'agents that have obeyed: 0 of 1; n1: 4 containers are still \\u001bto come',
  );
});
