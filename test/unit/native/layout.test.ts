import assert from 'node:assert/strict';
import test from 'node:test';
import { loadLibrary } from '../../../native/binding.ts';
import * as layout from '../../../native/layout.ts';
import { reasonNames } from '../../../native/names.ts';

test('both sides describe every struct of the ABI in the same words', () => {
  assert.equal(layout.layoutText(), loadLibrary().layoutText());
});

test('every reason of the C side has the literal that the rest of Ebb uses', () => {
  const library = loadLibrary();
  const named = reasonNames.map((name, reason) => (name === null ? null : library.reasonName(reason)));
  assert.deepEqual(named, reasonNames);
});

test('every struct is a multiple of eight bytes and has no hidden padding', () => {
  const text = layout.layoutText().trim().split('\n');
  let end = 0;
  let size = 0;
  for (const line of [...text, 'struct end 0']) {
    const words = line.split(' ');
    if (words[0] === 'struct') {
      assert.equal(end, size, `padding before ${line}`);
      size = Number(words[2]);
      assert.equal(size % 8, 0, line);
      end = 0;
    } else {
      assert.equal(Number(words[1]), end, line);
      end += Number(words[2]);
    }
  }
});

test('another ABI or another layout is said in one line with the command that helps', () => {
  assert.equal(layout.mismatch({ abi: 2, layout: layout.layoutCrc() }), undefined);
  assert.equal(
    layout.mismatch({ abi: 0, layout: layout.layoutCrc() }),
    'ebb: native library ABI 0 does not match 2: run npm run build',
  );
  assert.match(layout.mismatch({ abi: 2, layout: 7 }) ?? '', /^ebb: native library layout .*: run npm run build$/);
});

test('a missing library is said in one line with the command that helps', () => {
  assert.throws(() => loadLibrary({ path: '/nowhere/libebb.so' }), {
    message: 'ebb: /nowhere/libebb.so is missing: run npm run build',
  });
});
