import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { mappingBit, mappingKind } from '../../../../node-agent/decide/mapping-kinds.ts';

const header = readFileSync(new URL('../../../../native/ebb.h', import.meta.url), 'utf8');
const defined = (name: string): number => Number(new RegExp(`EBB_MAPPING_${name} = (\\w+)`).exec(header)?.[1]);
const headerName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

test('mapping kinds and bits have the numbers of ebb.h', () => {
  for (const [key, value] of Object.entries({ ...mappingKind, ...mappingBit })) {
    assert.equal(value, defined(headerName(key)), key);
  }
});

test('no mapping kind of ebb.h is missing', () => {
  const kinds = /enum ebb_mapping_kind \{([^}]*)\}/.exec(header)?.[1]?.match(/EBB_MAPPING_\w+/g) ?? [];
  assert.deepEqual(
    kinds.map((kind) => kind.slice('EBB_MAPPING_'.length)).sort(),
    Object.keys(mappingKind).map(headerName).sort(),
  );
});
