import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import * as text from '../../../../node-agent/observe/kernel-text.ts';
import { parseMmStat, parseSwaps } from '../../../../node-agent/observe/swaps.ts';

const parsers = {
  parseCount: text.parseCount,
  parseLimit: text.parseLimit,
  anon: (input: string) => text.parseKey(input, 'anon'),
  parsePressure: text.parsePressure,
  parseIoStat: text.parseIoStat,
  parseBlkio: text.parseBlkio,
  parseFreezerState: text.parseFreezerState,
  meminfo: (input: string) => text.parseMeminfo(input, 'SwapTotal'),
  parseNetDev: text.parseNetDev,
  parseSwaps,
  parseMmStat,
};

const real = [
  'anon 123\nfile 4\n',
  'some avg10=0.00 avg60=0.00 avg300=0.00 total=5\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=4\n',
  '8:0 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n',
  'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/zram0 partition\t1048572\t\t12\t\t-2\n',
  'SwapTotal:       1048572 kB\n',
  'Inter-|   Receive\n face |bytes\n  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n',
  '4096 74 12288 0 12288 0 0 0 0\n',
];

/** Real text with a piece cut out, doubled or overwritten, or plain noise. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .tuple(fc.constantFrom(...real), fc.nat(120), fc.nat(20), fc.string({ unit: 'binary', maxLength: 12 }))
    .map(([base, at, cut, junk]) => base.slice(0, at) + junk + base.slice(at + cut)),
);

for (const [name, parse] of Object.entries(parsers)) {
  test(`no text makes ${name} throw or give a number that is not a size`, () => {
    fc.assert(
      fc.property(hostile, (input) => {
        for (const value of numbersIn(parse(input))) assert.ok(Number.isSafeInteger(value), String(value));
      }),
      { numRuns: 500 },
    );
  });
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test('counts are whole and not negative; max and v1’s largest number are unlimited', () => {
  assert.deepEqual(['0\n', '12', ' 7 '].map(text.parseCount), [0, 12, 7]);
  assert.deepEqual(
    ['', '-1', '1.5', '1e3', 'max', '0x10', '1 2', null, '9'.repeat(21)].map(text.parseCount),
    Array(9).fill(null),
  );
  assert.equal(text.parseCount('9223372036854771712\n'), text.unlimited);
  assert.equal(text.parseLimit('max\n'), text.unlimited);
});

test('a key is found as a whole word at the start of a line only', () => {
  const stat = 'inactive_anon 1\nanon 2\nanon_thp 3\nlast 4';
  assert.deepEqual(
    ['inactive_anon', 'anon', 'anon_thp', 'last', 'thp', 'nothing'].map((key) => text.parseKey(stat, key)),
    [1, 2, 3, 4, null, null],
  );
  assert.equal(text.parseKey('', 'anon'), null);
  assert.equal(text.parseKey('anon', 'anon'), null);
  assert.equal(text.parseKey('anon max\n', 'anon'), null);
});

test('every counter of a stat file reads back', () => {
  const counters = fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.nat(), { maxKeys: 12 });
  fc.assert(
    fc.property(counters, (values) => {
      const stat = Object.entries(values).map(([key, value]) => `${key} ${value}\n`);
      for (const [key, value] of Object.entries(values)) assert.equal(text.parseKey(stat.join(''), key), value);
    }),
  );
});

test('pressure is its totals; a kernel without the full line has null there', () => {
  assert.deepEqual(text.parsePressure(real[1]!), { some: 5, full: 4 });
  assert.deepEqual(text.parsePressure(real[1]!.split('\n')[0]!), { some: 5, full: null });
  assert.equal(text.parsePressure('some avg10=0.00 total=x'), null);
});

test('I/O is the sum over devices, also where a device has none yet', () => {
  assert.equal(text.parseIoStat(''), 0);
  assert.equal(text.parseIoStat('254:0 rbytes=10 wbytes=1 rios=1 wios=1\n253:0 \n8:0 rbytes=5 wbytes=0\n'), 16);
  assert.equal(text.parseIoStat('garbage\n'), null);
  assert.equal(text.parseBlkio('8:0 Read 10\n8:0 Total 12\nTotal 12\n'), 12);
  assert.equal(text.parseBlkio('Total 0\n'), 0);
});

test('a freezer that is at work counts as frozen', () => {
  assert.deepEqual(['THAWED\n', 'FREEZING\n', 'FROZEN\n', 'COLD\n', null].map(text.parseFreezerState), [
    false,
    true,
    true,
    null,
    null,
  ]);
});

test('network bytes leave loopback out and stand a name with a colon', () => {
  const head = 'Inter-|   Receive\n face |bytes\n';
  const row = (name: string, rx: number, tx: number) => `${name}: ${rx} 0 0 0 0 0 0 0 ${tx} 0 0 0 0 0 0 0\n`;
  assert.equal(text.parseNetDev(head + row('    lo', 99, 99) + row('  eth0', 10, 1) + row('eth0:1', 5, 0)), 16);
  assert.equal(text.parseNetDev(`${head}  eth0: 1 2\n`), null);
});

test('swaps are read with their odd names, and a zram’s memory from its third number', () => {
  const swaps = `${real[3]}/swap\\040file\\040(deleted) file 4092 8 -3\n/dev/dm-1 partition 100 0 5\nrubbish\n`;
  assert.deepEqual(parseSwaps(swaps), [
    { path: '/dev/zram0', type: 'partition', sizeBytes: 1048572 * 1024, usedBytes: 12288, priority: -2 },
    { path: '/swap file (deleted)', type: 'file', sizeBytes: 4092 * 1024, usedBytes: 8192, priority: -3 },
    { path: '/dev/dm-1', type: 'partition', sizeBytes: 102400, usedBytes: 0, priority: 5 },
  ]);
  assert.equal(parseSwaps(null), null);
  assert.deepEqual(parseMmStat(real[6]!), {
    originalBytes: 4096,
    compressedBytes: 74,
    memoryBytes: 12288,
    limitBytes: null,
  });
  assert.equal(parseMmStat('1 2'), null);
});
