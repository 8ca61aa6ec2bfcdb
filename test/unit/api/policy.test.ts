/** What is accepted: generated valid policies, the defaults, the difference between a cluster's schema and a file's. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { decodeClusterPolicy, decodePolicy } from '../../../api/decode.ts';
import { quantityBytes } from '../../../api/quantity.ts';
import { resolvePolicy } from '../../../api/resolve.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import type { StandalonePolicy } from '../../../api/standalone.ts';
import { policyText } from './policy-text.ts';
import { validPolicy } from './valid-policies.ts';

function decoded(value: unknown): StandalonePolicy {
  const result = decodePolicy(value, windowMeaning);
  assert.ok('policy' in result, JSON.stringify(result));
  return result.policy;
}

test('Every valid policy decodes, resolves, and says the same after a way through YAML', () => {
  fc.assert(
    fc.property(validPolicy, (input) => {
      const policy = decoded(input);
      const again = decoded(parse(stringify(policy)));
      assert.deepEqual(again, policy);
      assert.deepEqual(resolvePolicy(again, 'f'), resolvePolicy(policy, 'f'));
    }),
    { numRuns: 300 },
  );
});

test('Resolving keeps every number, as bytes or as it is', () => {
  fc.assert(
    fc.property(validPolicy, (input) => {
      const { spec } = decoded(input);
      const profile = resolvePolicy(decoded(input), null);
      assert.deepEqual(profile.steps, spec.steps);
      assert.equal(profile.priority, spec.priority);
      assert.equal(profile.limits.maxBytesPerSecond, quantityBytes(spec.limits.maxBytesPerSecond));
      assert.equal(profile.limits.maxBytesPerRound, quantityBytes(spec.limits.maxBytesPerRound));
      assert.equal(profile.limits.maxStallMicroseconds, spec.limits.maxStallMicroseconds);
      assert.equal(profile.memory.keepResidentBytes, quantityBytes(spec.memory.keepResidentBytes));
      assert.equal(profile.wake.maxBytes, quantityBytes(spec.wake.maxBytes));
      assert.deepEqual(profile.guards.refault, spec.guards.refault);
      assert.deepEqual(profile.guards.pressure, spec.guards.pressure);
      assert.deepEqual(profile.windows, spec.windows);
    }),
  );
});

test('Any data at all gives a policy or findings, and never throws', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }), (value) => {
      const result = decodePolicy(value, windowMeaning);
      assert.ok('policy' in result || result.findings.length > 0);
    }),
  );
});

test('A policy with one field made worse is refused, and the field is named', () => {
  const numbers = fc.constantFrom('priority', 'mode', 'windows', 'idle', 'limits', 'guards', 'memory', 'wake');
  fc.assert(
    fc.property(validPolicy, numbers, (input, field) => {
      const result = decodePolicy({ ...input, spec: { ...input.spec, [field]: -1 } }, windowMeaning);
      assert.ok('findings' in result);
      assert.deepEqual(
        result.findings.map((each) => each.field),
        [`spec.${field}`],
      );
      assert.equal(result.findings[0]?.value, '-1');
    }),
  );
});

test('The defaults are those of the design, and the mode is DryRun', () => {
  const profile = resolvePolicy(decoded(parse(policyText())), 'p.yaml');
  assert.deepEqual(profile, {
    name: 'p',
    source: { kind: 'MemoryAdvicePolicy', namespace: null, name: 'p', file: 'p.yaml' },
    mode: 'DryRun',
    priority: 100,
    idle: {
      windowSeconds: 300,
      maxCPUMillicores: 10,
      maxNetworkBytesPerSecond: null,
      maxIOBytesPerSecond: null,
      declared: 'Honor',
      minPodAgeSeconds: 600,
    },
    steps: [{ advice: 'PageOut', afterIdleSeconds: 300, ranges: 'KeepHot' }],
    wake: { advice: 'None', maxBytes: 512 * 2 ** 20 },
    memory: { kinds: ['Anonymous'], keepResidentBytes: 0, minRangeBytes: 65_536, excludeCommands: ['pause'] },
    limits: {
      maxBytesPerSecond: 128 * 2 ** 20,
      maxBytesPerRound: 2 ** 31,
      maxStallMicroseconds: 2000,
      cooldownSeconds: 900,
    },
    guards: {
      swapMinFreePercent: 10,
      pressure: [{ resource: 'Memory', scope: 'Node', kind: 'Some', maxStallMillisecondsPerMinute: 600 }],
      refault: { maxPercent: 20, withinSeconds: 600, backoffSeconds: 1800, maxBackoffSeconds: 86_400 },
      minGainBytes: 12 * 2 ** 20,
    },
    windows: [],
  });
});

test('Every policy that a cluster takes is a valid file', () => {
  fc.assert(
    fc.property(validPolicy, (input) => {
      if (!('policy' in decodeClusterPolicy(input, windowMeaning))) return;
      decoded(input);
    }),
  );
});

test('A cluster refuses the standalone block by name', () => {
  const input = parse(policyText()) as { spec: object };
  const result = decodeClusterPolicy(
    { ...input, spec: { ...input.spec, standalone: { cgroups: ['/a'] } } },
    windowMeaning,
  );
  assert.ok('findings' in result);
  assert.equal(result.findings[0]?.field, 'spec.standalone');
});

test('What an API server adds is accepted, so that kubectl’s output can be read again', () => {
  const input = parse(policyText()) as { metadata: object };
  const metadata = {
    ...input.metadata,
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 2,
    managedFields: [],
  };
  decoded({ ...input, metadata, status: { conditions: [] } });
});
