/** The switch: four words, and everything else is Stop. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { switchOrders, switchText, untouched } from '../../../../node-agent/cluster/switch.ts';
import { noOrders } from '../../../../node-agent/source.ts';

test('Run and an absent key let the agent run, the others hold it back by their reason', () => {
  assert.deepEqual(switchOrders('Run'), noOrders);
  assert.equal(switchText({}), untouched);
  assert.equal(switchText({ data: {} }), untouched);
  assert.equal(switchOrders('Observe').observe, 'SwitchObserve');
  assert.equal(switchOrders('Stop').stop, 'SwitchStop');
  assert.equal(switchOrders('Restore').restore, 'SwitchRestore');
  assert.equal(switchOrders(switchText({ data: { state: ' Stop\n' } })).stop, 'SwitchStop');
});

test('what was never read stops, and says that', () => {
  assert.equal(switchOrders(null).stop, 'SwitchUnread');
});

test('law: a word with no meaning stops', () => {
  const words = ['Run', 'Observe', 'Stop', 'Restore'];
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constantFrom('run', 'STOP', '', 'toString', '__proto__')), (text) => {
      const said = switchText({ data: { state: text } });
      if (!words.includes(said)) assert.equal(switchOrders(said).stop, 'SwitchUnknown');
    }),
  );
});
