import assert from 'node:assert/strict';
import test from 'node:test';
import { headroom } from '../../../../node-agent/decide/headroom.ts';
import { mib } from './address-space.ts';
import { quietContainer, quietNode } from './quiet-node.ts';

const container = { ...quietContainer, usageBytes: 600 * mib };

test('memory.high leaves room up to a tenth below it', () => {
  assert.equal(headroom({ ...container, highBytes: 1000 * mib }, quietNode).bytes, 300 * mib);
  assert.equal(headroom({ ...container, highBytes: 600 * mib }, quietNode).bytes, 0);
});

test('the least of memory.high, memory.max and the node counts and is named', () => {
  assert.equal(
    headroom({ ...container, highBytes: 2000 * mib, maxBytes: 650 * mib }, quietNode).blocker?.signal,
    'memory.max',
  );
  const short = headroom({ ...container, maxBytes: 2000 * mib }, { ...quietNode, availableBytes: 300 * mib });
  assert.equal(short.blocker?.signal, 'memAvailableReserve');
  assert.equal(short.bytes, 44 * mib);
});

test('without limits the node alone sets it, and without any figure nothing does', () => {
  assert.equal(headroom(container, { ...quietNode, availableBytes: 1256 * mib }).bytes, 1000 * mib);
  const unknown = headroom({ ...container, usageBytes: null, maxBytes: mib }, { ...quietNode, availableBytes: null });
  assert.deepEqual(unknown, { bytes: Number.POSITIVE_INFINITY, blocker: null });
});
