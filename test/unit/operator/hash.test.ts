/** Names made of texts: of one length, the same each time, and different for texts that differ in little. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { hashOf } from '../../../operator/hash.ts';

test('a name has 16 digits, whatever the text', () => {
  for (const text of ['', 'a', '0'.repeat(100_000), 'ä€🙂']) assert.match(hashOf(text), /^[0-9a-f]{16}$/);
  assert.equal(hashOf('a text'), hashOf('a text'));
});

test('texts that differ in one or two characters, or in their order, have different names', () => {
  const around = JSON.stringify({ pods: ['web-1', 'web-2'], paused: null }).repeat(20);
  const texts = new Set<string>();
  for (let at = 0; at < around.length; at++) {
    for (const code of [0, 32, 48, 49, 97, 128, 0x4000]) {
      const put = around.slice(0, at) + String.fromCharCode(code) + around.slice(at + 1);
      texts
        .add(put)
        .add(put.slice(1) + put[0])
        .add(put.slice(0, -1))
        .add(`${put}${code}`);
    }
  }
  for (let one = 0; one < 300; one++) for (let other = 0; other < 300; other++) texts.add(`${one} ${other}`);
  assert.ok(texts.size > 100_000, String(texts.size));
  const names = [...texts].map(hashOf);
  assert.equal(new Set(names).size, texts.size);
  for (const half of [0, 8]) {
    const halves = new Set(names.map((name) => name.slice(half, half + 8)));
    // By chance about one pair in 2^32 has the same half.
    assert.ok(texts.size - halves.size < 20, `${texts.size - halves.size} halves are not their own`);
  }
});
