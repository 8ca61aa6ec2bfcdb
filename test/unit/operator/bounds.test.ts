import assert from 'node:assert/strict';
import test from 'node:test';
import { tighten } from '../../../operator/bounds.ts';
import { rulesOf } from '../../../operator/profiles.ts';
import { limit, policy } from './small-cluster.ts';

type Spec = Readonly<Record<string, unknown>>;

/** What the policy says, what the limit says, and what of the rules is expected then. */
const cases: readonly (readonly [string, Spec, Spec | null, Spec])[] = [
  ['a limit that says nothing changes nothing', { mode: 'Enforce' }, {}, { mode: 'Enforce' }],
  ['DryRun holds Enforce back', { mode: 'Enforce' }, { mode: 'DryRun' }, { mode: 'DryRun' }],
  ['Enforce does not set DryRun free', { mode: 'DryRun' }, { mode: 'Enforce' }, { mode: 'DryRun' }],
  ['Paused is the most cautious', { mode: 'DryRun' }, { mode: 'Paused' }, { mode: 'Paused' }],
  ['a limit that can’t be read leaves nothing but DryRun', { mode: 'Enforce' }, null, { mode: 'DryRun' }],
  ['a limit that can’t be read leaves Paused', { mode: 'Paused' }, null, { mode: 'Paused' }],
  [
    'the lower rate holds, of quantities by value',
    { limits: { maxBytesPerSecond: '1Gi', maxBytesPerRound: '64Mi' } },
    { limits: { maxBytesPerSecond: '1000Mi', maxBytesPerRound: '65Mi' } },
    { limits: { maxBytesPerSecond: 1000 * 2 ** 20, maxBytesPerRound: 64 * 2 ** 20 } },
  ],
  [
    'the shorter stall and the longer cooldown hold',
    { limits: { maxStallMicroseconds: 2000, cooldownSeconds: 60 } },
    { limits: { maxStallMicroseconds: 500, cooldownSeconds: 900 } },
    { limits: { maxStallMicroseconds: 500, cooldownSeconds: 900 } },
  ],
  [
    'the higher floors hold',
    { guards: { swap: { minFreePercent: 10 }, minGainBytes: '12Mi' }, memory: { keepResidentBytes: '1Mi' } },
    { guards: { swap: { minFreePercent: 25 }, minGainBytes: '8Mi' }, memory: { keepResidentBytes: '2Mi' } },
    { guards: { swapMinFreePercent: 25, minGainBytes: 12 * 2 ** 20 }, memory: { keepResidentBytes: 2 * 2 ** 20 } },
  ],
  [
    'the longest pause grows with the first',
    { guards: { refault: { backoffSeconds: 100, maxBackoffSeconds: 200 } } },
    { guards: { refault: { backoffSeconds: 500 } } },
    { guards: { refault: { backoffSeconds: 500, maxBackoffSeconds: 500 } } },
  ],
];

for (const [name, spec, limited, expected] of cases)
  test(name, () => {
    const before = rulesOf(policy('p', spec));
    const after = tighten(before, limit('l', limited).spec);
    assert.deepEqual(after, merged(before, expected));
  });

/** `rules` with what is expected written over it, field by field. */
function merged(rules: unknown, expected: unknown): unknown {
  if (typeof expected !== 'object' || expected === null) return expected;
  const over = Object.entries(expected).map(([key, value]) => [key, merged((rules as Spec)[key], value)]);
  return { ...(rules as Spec), ...Object.fromEntries(over) };
}

test('pressure guards are united; of two alike the tighter holds', () => {
  const guard = (resource: string, maxStallMillisecondsPerMinute: number) => ({
    resource,
    scope: 'Node',
    kind: 'Some',
    maxStallMillisecondsPerMinute,
  });
  const rules = rulesOf(policy('p', { guards: { pressure: [guard('Memory', 600), guard('IO', 100)] } }));
  const limited = limit('l', { guards: { pressure: [guard('Memory', 300), guard('IO', 200), guard('CPU', 50)] } });
  assert.deepEqual(tighten(rules, limited.spec).guards.pressure, [
    guard('CPU', 50),
    guard('IO', 100),
    guard('Memory', 300),
  ]);
});
