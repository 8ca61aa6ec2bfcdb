import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { jsonLines } from '../../../kube/lines.ts';

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let turn = 0; from < bytes.length; turn++) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!;
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

async function read(text: string | Uint8Array, sizes: readonly number[] = [], maxBytes?: number): Promise<unknown[]> {
  const values: unknown[] = [];
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for await (const value of jsonLines(chunksOf(bytes, sizes), maxBytes)) values.push(value);
  return values;
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });

test('values come out as they went in, however the bytes are cut', async () => {
  const values = fc.array(fc.jsonValue({ noUnicodeString: false }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(values, sizes, async (given, cuts) => {
      const lines = given.map((value) => JSON.stringify(value));
      const text = lines.map((line) => `${line}\n`).join('');
      const expected = lines.map((line) => JSON.parse(line));
      assert.deepEqual(await read(text, cuts), expected);
    }),
  );
});

test('any bytes give values or Malformed, and what came before the garbage is not lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), sizes, async (bytes, cuts) => {
      const seen: unknown[] = [];
      const all = Buffer.concat([Buffer.from('{"first":1}\n'), bytes]);
      try {
        for await (const value of jsonLines(chunksOf(all, cuts), 200)) seen.push(value);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'Malformed');
      }
      assert.deepEqual(seen[0], { first: 1 });
    }),
  );
});

test('a last line without its end was cut off and is dropped, even where it looks whole', async () => {
  assert.deepEqual(await read('{"a":1}\n{"b":2}'), [{ a: 1 }]);
  assert.deepEqual(await read('{"a":1}\n\r\n'.replace('\r', '')), [{ a: 1 }]);
});

test('a line is as long as allowed and not a byte longer, and is not kept until its end to be refused', async () => {
  assert.deepEqual(await read('"12345678"\n', [3], 10), ['12345678']);
  await assert.rejects(read('"123456789"\n', [3], 10), { code: 'Malformed' });
  let given = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1000;
      yield new Uint8Array(1000).fill(97);
    }
  };
  await assert.rejects(jsonLines(endless(), 10_000).next(), { code: 'Malformed' });
  assert.ok(given <= 11_000, `${given} bytes`);
});
