/** One of something is said as one. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { countText } from '../../../api/count.ts';

test('a count is followed by one or many', () => {
  for (const [many, one] of [
    ['nodes', 'node'],
    ['policies', 'policy'],
    ['processes', 'process'],
    ['replicas', 'replica'],
  ] as const)
    assert.deepEqual(
      [0, 1, 2].map((count) => countText(count, many)),
      [`0 ${many}`, `1 ${one}`, `2 ${many}`],
    );
  assert.equal(countText(1, 'containers are', 'container is'), '1 container is');
});
