/** A certificate's subject says user and groups, whatever characters their names have. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { subjectOf } from '../../controlplane/pki.ts';

for (const [what, identity, subject] of [
  ['a user', { user: 'jane' }, '/CN=jane'],
  ['groups before the user', { user: 'admin', groups: ['a', 'system:masters'] }, '/O=a/O=system:masters/CN=admin'],
  ['what separates in a subject', { user: 'a/b+c\\d' }, '/CN=a\\/b\\+c\\\\d'],
] as const) {
  test(`${what}: ${subject}`, () => {
    assert.equal(subjectOf(identity), subject);
  });
}
