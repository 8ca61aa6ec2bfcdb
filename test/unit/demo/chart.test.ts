import assert from 'node:assert/strict';
import test from 'node:test';
import { chart } from '../../../demo/chart.ts';

const point = (atMillis: number, residentBytes: number, swappedBytes: number) => ({
  atMillis,
  residentBytes,
  swappedBytes,
});

test('resident memory is drawn solid and swapped memory shaded in the place it left', () => {
  const lines = chart([point(0, 100, 0), point(1000, 100, 0), point(2500, 0, 100), point(4000, 0, 100)], [], {
    width: 4,
    height: 2,
  });
  assert.equal(lines[0]?.slice(11), '██░░');
  assert.equal(lines[1]?.slice(11), '██░░');
});

test('marks stand below the column of their time', () => {
  const lines = chart([point(0, 8, 0), point(10_000, 8, 0)], [{ atMillis: 5000, label: 'wake' }], {
    width: 20,
    height: 1,
  });
  assert.equal(lines[2]?.indexOf('↑wake'), 11 + 10);
});

test('a single sample is not a picture', () => {
  assert.deepEqual(chart([point(0, 1, 1)], [], { width: 4, height: 2 }), []);
});
