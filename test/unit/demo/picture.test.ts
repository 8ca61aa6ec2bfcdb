import assert from 'node:assert/strict';
import test from 'node:test';
import { picture } from '../../../demo/picture.ts';

const sample = (atMillis: number, usedBytes: number, heldBytes: number) => ({ atMillis, usedBytes, heldBytes });
const GiB = 2 ** 30;

/** Heights in the picture of one layer's corners, top first: low is high up. */
function corners(svg: string, kind: string): number[][] {
  const points = new RegExp(`<polygon class="${kind}" points="([^"]*)"`).exec(svg)![1]!;
  return points.split(' ').map((point) => point.split(',').map(Number));
}

test('what is used, what zram holds and what is free again lie on each other, up to what was used at first', () => {
  const svg = picture([sample(0, GiB, 0), sample(1000, 0, GiB / 2), sample(2000, 0, GiB / 2)], [], 'x');
  const heights = (kind: string): number[] => [...new Set(corners(svg, kind).map(([, y]) => y!))].sort((a, b) => a - b);
  const [top, middle, bottom] = [46, 151, 256];
  assert.deepEqual(heights('used'), [top, bottom]);
  assert.deepEqual(heights('held'), [top, middle, bottom]);
  assert.deepEqual(heights('free'), [top, middle]);
});

test('a sample holds until the next one', () => {
  const svg = picture([sample(0, 100, 0), sample(500, 0, 0), sample(1000, 0, 0)], [], 'x');
  assert.deepEqual(corners(svg, 'used').slice(0, 3), [
    [74, 46],
    [392, 46],
    [392, 256],
  ]);
});

test('what a mark or a title says can not become markup', () => {
  const svg = picture([sample(0, 1, 0), sample(1, 1, 0)], [{ atMillis: 0, label: '<b>&' }], '<i>');
  assert.match(svg, />&lt;b>&amp;</);
  assert.doesNotMatch(svg, /<[bi]>/);
});
