import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Column, renderPairs, renderTable } from '../../../cli/table.ts';

const columns: Column[] = [{ title: 'PID', align: 'right' }, { title: 'COMMAND', flexible: true }, { title: 'NOTE' }];
const plain = { width: null, colour: false };

test('Numbers stand at the right, text at the left, and no line ends in spaces', () => {
  const text = renderTable(
    columns,
    [
      ['7', 'sh', ''],
      ['1234', 'postgres', 'x'],
    ],
    plain,
  );
  assert.equal(text, ' PID  COMMAND   NOTE\n   7  sh\n1234  postgres  x\n');
});

test('Without a terminal nothing is cut', () => {
  assert.ok(renderTable(columns, [['1', 'a'.repeat(500), 'x']], plain).includes('a'.repeat(500)));
});

test('On a narrow terminal only flexible columns are cut, and the cut is shown', () => {
  const text = renderTable(columns, [['1', 'a'.repeat(100), 'note']], { width: 40, colour: false });
  const row = text.split('\n')[1]!;
  assert.equal(row.length, 40);
  assert.match(row, /a… {2}note$/);
});

test('Colour is in the title only where it is asked for', () => {
  assert.equal(renderTable(columns, [], plain).includes('\x1b'), false);
  assert.equal(renderTable([{ title: 'PID' }], [], { width: null, colour: true }), '\x1b[1mPID\x1b[0m\n');
});

test('A table always fits a terminal that its fixed columns fit', () => {
  const word = fc.string({ unit: 'grapheme-ascii', maxLength: 60 });
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word, word)), fc.integer({ min: 30, max: 200 }), (rows, width) => {
      const two: Column[] = [
        { title: 'A', flexible: true },
        { title: 'B', flexible: true },
        { title: 'C', flexible: true },
      ];
      const lines = renderTable(two, rows, { width, colour: false }).split('\n');
      return lines.every((line) => line.length <= width);
    }),
  );
});

test('Pairs line up', () => {
  assert.equal(
    renderPairs([
      ['a', '1'],
      ['long', '2'],
    ]),
    'a     1\nlong  2\n',
  );
});
