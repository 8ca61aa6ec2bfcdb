import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import * as decode from '../../../native/decode.ts';
import { WorkerError } from '../../../native/error.ts';
import * as layout from '../../../native/layout.ts';
import { reasonNames } from '../../../native/names.ts';

const page = 4096;
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const safe = fc.maxSafeNat();

function setU64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true);
}

/** Writes records by the layout's offsets: u64 fields by their size, the rest as 32 bits. */
function bodyOf(struct: layout.Struct, records: readonly Readonly<Record<string, number>>[]): Uint8Array {
  const body = new Uint8Array(struct.size * records.length);
  const view = new DataView(body.buffer);
  for (const [index, record] of records.entries())
    for (const [name, value] of Object.entries(record)) {
      const at = index * struct.size + struct.at[name]!;
      if (struct.sizes[name] === 8) setU64(view, at, value);
      else view.setUint32(at, value, true);
    }
  return body;
}

const range = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 44 }), fc.integer({ min: 1, max: 2 ** 20 }))
  .map(([first, pages]) => ({ start: first * page, end: (first + pages) * page }));

test('mappings come out as they went in, whatever their addresses', () => {
  const mapping = fc.tuple(range, fc.integer({ min: 1, max: 0xfff }));
  fc.assert(
    fc.property(fc.array(mapping, { maxLength: 50 }), (mappings) => {
      const records = mappings.map(([{ start, end }, kind_bits]) => ({ start, end, kind_bits }));
      const table = decode.decodeMappings(bodyOf(layout.mapping, records));
      assert.equal(table.count, mappings.length);
      assert.deepEqual(
        [...table.starts].map((start, i) => ({ start, end: table.ends[i], kind_bits: table.kindBits[i] })),
        records,
      );
    }),
  );
});

test('mappings decode from any offset of a larger buffer', () => {
  const body = bodyOf(layout.mapping, [{ start: page, end: 3 * page, kind_bits: 0x301 }]);
  const shifted = new Uint8Array(body.length + 3);
  shifted.set(body, 3);
  const table = decode.decodeMappings(shifted.subarray(3));
  assert.deepEqual([table.starts[0], table.ends[0], table.kindBits[0]], [page, 3 * page, 0x301]);
});

test('the outcome of an advice comes out as it went in', () => {
  const reason = fc.integer({ min: 0, max: reasonNames.length - 1 });
  const result = fc.record({ advised_bytes: safe, reason, error: fc.integer({ min: 0, max: 133 }) });
  const whole = fc.record({
    advised_bytes: safe,
    calls: u32,
    call_micros: safe,
    longest_micros: u32,
    wall_micros: safe,
    chunk_bytes: u32,
    reason,
    error: fc.integer({ min: 0, max: 133 }),
  });
  fc.assert(
    fc.property(whole, fc.array(result, { maxLength: 20 }), (total, ranges) => {
      const front = bodyOf(layout.adviseResult, [{ ...total, ranges_done: ranges.length }]);
      const body = Buffer.concat([front, bodyOf(layout.rangeResult, ranges)]);
      const decoded = decode.decodeAdviseResult(body, ranges.length);
      assert.equal(decoded.advisedBytes, total.advised_bytes);
      assert.equal(decoded.calls, total.calls);
      assert.equal(decoded.longestMicros, total.longest_micros);
      assert.equal(decoded.chunkBytes, total.chunk_bytes);
      assert.equal(decoded.reason, reasonNames[total.reason]);
      assert.deepEqual(
        decoded.ranges,
        ranges.map((r) => ({ advisedBytes: r.advised_bytes, reason: reasonNames[r.reason], errno: r.error })),
      );
    }),
  );
});

test('counts and runs come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ present_bytes: safe, swapped_bytes: safe })), (counts) => {
      const decoded = decode.decodeCounts(bodyOf(layout.counts, counts), counts.length);
      assert.deepEqual(
        decoded,
        counts.map((c) => ({ presentBytes: c.present_bytes, swappedBytes: c.swapped_bytes })),
      );
    }),
  );
  fc.assert(
    fc.property(fc.array(range), (runs) => {
      assert.deepEqual(decode.decodeRuns(bodyOf(layout.run, runs)), runs);
    }),
  );
});

test('a name of hostile bytes is decoded byte for byte', () => {
  const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(bytes, (comm) => {
      const body = new Uint8Array(layout.sample.size);
      body.set(comm, layout.sample.at.comm);
      const end = comm.indexOf(0);
      const sample = decode.decodeSample(new DataView(body.buffer), 0);
      assert.equal(sample.comm, Buffer.from(end < 0 ? comm : comm.subarray(0, end)).toString('latin1'));
    }),
  );
});

test('no decoder takes garbage for more than its values: it answers or throws ProtocolError', () => {
  const decoders: ((body: Uint8Array) => unknown)[] = [
    decode.decodeProofs,
    decode.decodeMappings,
    decode.decodeRuns,
    decode.decodeHello,
    decode.decodeEnded,
    decode.decodeRefused,
    decode.decodeProgress,
    decode.decodeProbe,
    decode.decodeReclaimed,
    (body) => decode.decodeCounts(body, 3),
    (body) => decode.decodeAdviseResult(body, 2),
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), fc.constantFrom(...decoders), (body, decoder) => {
      try {
        decoder(body);
      } catch (error) {
        assert.ok(error instanceof WorkerError && error.code === 'ProtocolError', String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('a body one byte too long or too short is refused', () => {
  for (const size of [layout.hello.size - 1, layout.hello.size + 1])
    assert.throws(() => decode.decodeHello(new Uint8Array(size)), { code: 'ProtocolError' });
  assert.throws(() => decode.decodeMappings(new Uint8Array(25)), { code: 'ProtocolError' });
});

test('a refused process names the one that counts instead', () => {
  const reason = reasonNames.indexOf('SameAddressSpace');
  const [opened] = decode.decodeProofs(bodyOf(layout.proof, [{ pid: 7, reason, error: 0, shared_with: 5 }]));
  assert.deepEqual(opened, { ok: false, pid: 7, refusal: { reason: 'SameAddressSpace', errno: 0, sharedWith: 5 } });
});

test('50,000 mappings decode in a few milliseconds', () => {
  const body = new Uint8Array(50_000 * layout.mapping.size);
  const words = new Uint32Array(body.buffer);
  for (let i = 0; i < 50_000; i++) words.set([i * page, 0x7f00, (i + 1) * page, 0x7f00, 0x301, 0], i * 6);
  const best = Math.min(
    ...Array.from({ length: 20 }, () => {
      const start = performance.now();
      assert.equal(decode.decodeMappings(body).count, 50_000);
      return performance.now() - start;
    }),
  );
  assert.ok(best < 5, `${best.toFixed(2)} ms`);
});
