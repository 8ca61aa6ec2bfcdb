/** What the API server refuses too: `ebb policy check` names the same field and says what is allowed. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { stringify } from 'yaml';
import { formatError } from '../../../api/documents.ts';
import { checkFiles } from '../../../cli/policy-check.ts';
import { invalid } from '../../policies/invalid.ts';
import { clusterPolicy, limit, policy } from '../../policies/objects.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-refused-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function check(object: unknown) {
  const file = join(folder, 'object.yaml');
  await writeFile(file, stringify(object));
  return await checkFiles([file]);
}

test('there are at least sixty of them, each of its own', () => {
  assert.ok(invalid.length >= 60, String(invalid.length));
  assert.equal(new Set(invalid.map(({ title }) => title)).size, invalid.length);
});

for (const { title, object, field, allowed } of invalid)
  test(`${title} is refused at ${field}`, async () => {
    const { errors, policies } = await check(object);
    assert.equal(policies.length, 0);
    assert.equal(errors.length, 1, errors.map(formatError).join('\n'));
    assert.equal(errors[0]!.field, field);
    assert.ok(errors[0]!.allowed.includes(allowed), errors[0]!.allowed);
    assert.ok((errors[0]!.line ?? 0) > 0);
  });

for (const object of [policy({}), clusterPolicy({}), limit({})])
  test(`A ${object.kind} without a fault is accepted`, async () => {
    const { errors, policies } = await check(object);
    assert.deepEqual(errors, []);
    assert.ok(policies[0]!.summary.length > 1);
  });
