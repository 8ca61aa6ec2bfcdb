import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { formatError, readDocuments } from '../../../api/documents.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import { policyText } from './policy-text.ts';

const read = (text: string) => readDocuments(text, 'p.yaml', windowMeaning);
const lines = (text: string): string[] => read(text).errors.map(formatError);

test('An error names file, line, column, field, value and what is allowed', () => {
  const text = policyText('idle:', '  windowSeconds: 0');
  assert.deepEqual(lines(text), ['p.yaml:8:5: spec.idle.windowSeconds: value 0: allowed: an integer from 1 to 3600']);
});

test('A field that is missing stands where its map stands', () => {
  assert.match(
    lines(policyText().replace('advice: PageOut, ', ''))[0] ?? '',
    /^p\.yaml:6:11: spec\.steps\[0\]\.advice: value missing/,
  );
});

test('All errors of all documents are told at once', () => {
  const text = `${policyText('mode: Off', 'priority: -1')}---\n${policyText('extra: 1')}`;
  assert.deepEqual(
    read(text).errors.map(({ line, field }) => [line, field]),
    [
      [7, 'spec.mode'],
      [8, 'spec.priority'],
      [16, 'spec.extra'],
    ],
  );
});

test('Several documents, empty ones and lists are read', () => {
  const list =
    'apiVersion: v1\nkind: List\nitems:\n' +
    policyText()
      .trimEnd()
      .split('\n')
      .map((line, index) => `${index === 0 ? '- ' : '  '}${line}\n`)
      .join('');
  const { policies, errors } = read(`# nothing\n---\n${policyText()}---\n---\n${list}`);
  assert.deepEqual(errors, []);
  assert.equal(policies.length, 2);
});

test('An error inside a list names the object’s own field, at its line', () => {
  const { errors } = read('kind: List\nitems:\n- {kind: Pod}\n');
  assert.ok(errors.some(({ field, line }) => field === 'kind' && line === 3));
});

test('A file of comments holds no policy and no error', () => {
  assert.deepEqual(read('# switched off\n'), { policies: [], errors: [] });
});

test('Escape sequences in keys and values reach no terminal', () => {
  const text = policyText('mode: "\\e[31m\\u202e\\x07"', '"\\e]0;x\\a": 1');
  const shown = lines(text).join('\n');
  assert.equal(lines(text).length, 2);
  assert.match(shown, /^[\x20-\x7e\n…]*$/);
  assert.match(shown, /\\u001b/);
});

test('A long value is cut', () => {
  assert.ok((lines(policyText(`mode: ${'x'.repeat(100_000)}`))[0] ?? '').length < 300);
});

test('Aliases that would expand to gigabytes are refused', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) =>
      `a${n}: &a${n} [${Array(10)
        .fill(n === 0 ? 'x' : `*a${n - 1}`)
        .join(', ')}]`,
  );
  const { policies, errors } = read(`${levels.join('\n')}\n`);
  assert.equal(policies.length, 0);
  assert.match(errors[0]?.allowed ?? '', /aliases/);
});

test('An error behind an alias has a place too', () => {
  const text = `${policyText('idle: &i {windowSeconds: 0}')}x: *i\n`;
  assert.ok(lines(text).every((line) => /^p\.yaml:\d+:\d+: /.test(line)));
});

test('Any text gives policies or errors, and never throws', () => {
  const text = policyText('mode: Enforce', 'windows: []');
  const broken = fc
    .tuple(fc.nat(text.length), fc.nat(9), fc.string({ unit: 'binary' }))
    .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), broken), (input) => {
      for (const error of read(input).errors) assert.match(formatError(error), /^[\x20-\x7e…–’]+$/);
    }),
    { numRuns: 400 },
  );
});
