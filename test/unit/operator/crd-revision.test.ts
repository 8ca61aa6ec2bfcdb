import assert from 'node:assert/strict';
import test from 'node:test';
import { schemaRevision } from '../../../api/kinds.ts';
import { readCRD } from '../../../operator/crd-revision.ts';
import { crdOf } from '../../policies/other-crd.ts';

const { crd, spec } = crdOf();
const conditions = (...all: [string, string][]) => ({
  ...crd,
  status: { conditions: all.map(([type, status]) => ({ type, status })) },
});

test('it tells name, revision and the schema of spec in the version that Ebb writes', () => {
  assert.deepEqual(readCRD(crd), {
    name: 'nodememoryadvices.ebb.dev',
    revision: schemaRevision,
    established: false,
    spec,
  });
});

test('it is established when the server says so, until it is being deleted', () => {
  const established = (...all: [string, string][]) => readCRD(conditions(...all)).established;
  assert.equal(established(['NamesAccepted', 'True'], ['Established', 'True']), true);
  assert.equal(established(['Established', 'False']), false);
  assert.equal(established(['Established', 'True'], ['Terminating', 'True']), false);
});

test('a revision that is missing or no number is none', () => {
  for (const text of [undefined, '', 'two', '-1', '0', '1.5', '12345678901'])
    assert.equal(readCRD({ metadata: { name: 'x', annotations: { 'ebb.dev/schema-revision': text } } }).revision, null);
  for (const metadata of [{ name: 'x' }, { name: 'x', annotations: null }])
    assert.equal(readCRD({ metadata }).revision, null);
});

test('a version that is not there, not served or without a schema has none', () => {
  const [version] = crd.spec.versions;
  for (const versions of [
    [],
    [{ ...version, name: 'v1' }],
    [{ ...version, served: false }],
    [{ ...version, schema: {} }],
    undefined,
  ])
    assert.equal(readCRD({ ...crd, spec: { ...crd.spec, versions } }).spec, null);
});
