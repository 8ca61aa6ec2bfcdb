import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { cgroupMatcher } from '../../../../node-agent/observe/globs.ts';

const cases: readonly (readonly [glob: string, path: string, matches: boolean])[] = [
  ['/ebb/*', '/ebb/a', true],
  ['/ebb/*', '/ebb/a/b', false],
  ['/ebb/*', '/ebb', false],
  ['/ebb/**', '/ebb/a/b', true],
  ['/**/web', '/a/b/web', true],
  ['/system.slice/*.service', '/system.slice/x.service', true],
  ['/system.slice/*.service', '/systemXslice/x.service', false],
  ['/a+(b)[c]', '/a+(b)[c]', true],
  ['/a/', '/a', true],
  ['/a*b', '/a\nb', true],
];

for (const [glob, path, matches] of cases) {
  test(`${glob} ${matches ? 'takes' : 'leaves'} ${JSON.stringify(path)}`, () => {
    assert.equal(cgroupMatcher([glob])(path), matches);
  });
}

test('a path without stars matches itself only', () => {
  const path = fc.string({ unit: 'binary' }).map((text) => `/x${text.replaceAll(/[*/]/g, '')}`);
  fc.assert(
    fc.property(path, path, (one, other) => {
      assert.equal(cgroupMatcher([one])(other), one === other);
    }),
  );
});

test('no glob matches nothing', () => assert.equal(cgroupMatcher([])('/a'), false));
