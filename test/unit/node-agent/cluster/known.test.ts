/** What is tracked, as the report says it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nodeStatus } from '../../../../api/node-status.ts';
import { follow, nobody } from '../../../../node-agent/cluster/following.ts';
import { type Knowing, knownOf, sinceText, swapKind } from '../../../../node-agent/cluster/known.ts';
import { policiesOf } from '../../../../node-agent/cluster/match.ts';
import { noSeed } from '../../../../node-agent/cluster/seed.ts';
import { statusOf } from '../../../../node-agent/cluster/status.ts';
import { PolicyTotals } from '../../../../node-agent/cluster/totals.ts';
import type { Decision } from '../../../../node-agent/decide/ladder.ts';
import { noOrders, type Orders } from '../../../../node-agent/source.ts';
import { policySums } from '../../../../node-agent/sums.ts';
import type { Parts, Ticker } from '../../../../node-agent/tick.ts';
import { Tracked } from '../../../../node-agent/tracked.ts';
import { profile } from '../../../policies/node-advice.ts';
import { quietContainer } from '../decide/quiet-node.ts';
import { beforeOf, container, goodSpec, nodeUID, object } from './decoded.ts';

const mib = 2 ** 20;
const following = follow(nobody, object(goodSpec(), 7), nodeUID);
const policies = policiesOf(following.spec, 1, new Map());
const [pod] = goodSpec().pods;
const policyUID = profile().sources[0]!.uid;

function tracked(at: number, change: Partial<Tracked>): Tracked {
  const one = new Tracked(container(pod!.uid, `${pod!.containers[at]!.id}${'e'.repeat(40)}`), 0);
  one.select(policies.select(one.container), 'test');
  return Object.assign(one, { input: { ...quietContainer, swapBytes: 50 * mib }, ...change });
}

const decision = (state: string, reason: string, blocker: object | null = null) =>
  ({ state, reason, since: 0, blocker }) as unknown as Decision;

const partsWith = (capabilities: readonly string[], learnHotRanges = false) =>
  ({
    ...{ hierarchies: { memoryVersion: 2 }, config: { learnHotRanges } },
    worker: { hello: { capabilities } },
  }) as unknown as Parts;

function known(all: readonly Tracked[], change: Partial<Knowing> = {}, signals: object = {}) {
  const names = new Set(policies.profiles.map(({ name }) => name));
  const devices = [{ kind: 'zram' }];
  const ticker = {
    tracked: new Map(all.map((one, index) => [String(index), one])),
    sums: policySums(names, all, []),
    lastNode: { swapTotalBytes: 8 * mib, swapFreeBytes: 4 * mib, devices, swapoffInProgress: false, ...signals },
  } as unknown as Ticker;
  const parts = partsWith(['SYS_PTRACE', 'SYS_NICE']);
  const totals = new PolicyTotals();
  totals.begin('object-1', noSeed);
  const knowing = { version: '1.2.3', parts, ticker, following, orders: noOrders, totals, supportedAdvice: ['Cold'] };
  const standing = null;
  return knownOf({ ...knowing, standing, ...change });
}

test('containers that are not Active are listed with what holds them, and all of it keeps to the schema', () => {
  const lastAdvice = { advice: 'PageOut', time: '2026-01-02T03:04:05.678Z', dryRun: false, reason: null } as const;
  const blocker = { signal: 'swapFreePercent', observed: 9.4, allowed: 10 };
  const out = tracked(0, { decision: decision('PagedOut', 'SwapFull', blocker), peakResidentBytes: 700 * mib });
  out.advised(lastAdvice);
  const active = tracked(1, { decision: decision('Active', 'NotIdle') });
  const all = known([out, active]);
  assert.equal(all.containers.length, 1);
  const { since, ...rest } = all.containers[0]!;
  assert.match(since ?? '', /^\d{4}-.*Z$/);
  assert.deepEqual(rest, {
    podUID: pod!.uid,
    name: 'container-0',
    state: 'PagedOut',
    reason: 'SwapFull',
    anonBytes: 500 * mib,
    swapBytes: 50 * mib,
    peakResidentBytes: 700 * mib,
    lastAdvice: 'PageOut',
    lastAdviceTime: '2026-01-02T03:04:05Z',
    blocker: { signal: 'swapFreePercent', observed: 9, allowed: 10 },
  });
  const status = statusOf(all, [], new Date());
  assert.deepEqual(nodeStatus.parse(status), status);
});

test('the sums of a policy are those of its containers', () => {
  const all = known([
    tracked(0, { decision: decision('Idle', 'Idle') }),
    tracked(1, { decision: decision('Active', 'NotIdle') }),
  ]);
  const [row] = all.policies!;
  assert.deepEqual(
    [row?.uid, row?.reason, row?.containers, row?.idleContainers, row?.residentBytes, row?.swappedBytes],
    [policyUID, undefined, 2, 1, 1000 * mib, 100 * mib],
  );
});

test('what was dry is no advice, and who is not in the spec is not listed', () => {
  const lastAdvice = { advice: 'PageOut', time: '2026-01-02T03:04:05Z', dryRun: true, reason: null } as const;
  const dry = tracked(0, { decision: decision('PagedOut', 'LadderDone') });
  dry.advised(lastAdvice);
  const stranger = new Tracked(container('another', 'id'), 0);
  const { containers } = known([dry, stranger]);
  assert.equal(containers.length, 1);
  assert.equal(containers[0]!.lastAdvice, undefined);
});

test('the advice of an agent before this one is told on, with its time, until this one does something', () => {
  const before = tracked(0, { decision: decision('Idle', 'Idle') });
  before.before = beforeOf('PageOut');
  const [told] = known([before]).containers;
  assert.deepEqual([told?.lastAdvice, told?.lastAdviceTime], ['PageOut', '2026-01-01T00:00:00Z']);
  before.advised({ advice: 'WillNeed', time: '2026-01-02T03:04:05Z', dryRun: false, reason: null });
  assert.equal(known([before]).containers[0]?.lastAdvice, 'WillNeed');
});

test('a dry pass after a real one takes nothing of it away, and brings nothing older back', () => {
  const time = '2026-01-02T03:04:05Z';
  for (const advice of ['PageOut', 'WillNeed'] as const) {
    const one = tracked(0, { decision: decision('PagedOut', 'LadderDone'), before: beforeOf('PageOut') });
    one.advised({ advice, time, dryRun: false, reason: null });
    one.advised({ advice: 'Cold', time: '2026-01-02T04:00:00Z', dryRun: true, reason: null });
    const [told] = known([one]).containers;
    assert.deepEqual([told?.lastAdvice, told?.lastAdviceTime], [advice, time]);
  }
});

test('of a container that was never looked at nobody says what was done to it: it may be another one', () => {
  const unsupported = tracked(0, {
    input: null,
    profile: null,
    unselected: 'Unsupported',
    before: beforeOf('PageOut'),
  });
  const [told] = known([unsupported]).containers;
  assert.deepEqual([told?.reason, told?.lastAdvice], ['Unsupported', undefined]);
});

test('while no spec could be followed yet, the containers are those of the agent before this one', () => {
  const standing = [{ podUID: pod!.uid, name: 'web', state: 'PagedOut', lastAdvice: 'PageOut' }];
  assert.deepEqual(known([], { standing }).containers, standing);
});

test('law: since when is told to the second, and read and told by the next agent it is the same', () => {
  const wall = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });
  const clock = fc.record({ monotonic: fc.double({ min: 0, max: 1e9, noNaN: true }), wall });
  fc.assert(
    fc.property(
      clock,
      fc.integer({ min: 1000, max: 1e9 }),
      fc.double({ min: -2, max: 2, noNaN: true }),
      (clocks, ago, between) => {
        const text = sinceText(clocks.monotonic - ago, clocks);
        const since = clocks.monotonic - Math.max(0, clocks.wall - Date.parse(text));
        const later = { monotonic: clocks.monotonic + 5000 + between, wall: clocks.wall + 5000 };
        assert.equal(sinceText(since, later), text);
      },
    ),
  );
});

const why: [what: string, all: Tracked[], signals: object, reason: string | undefined][] = [
  ['a node without swap', [], { swapTotalBytes: 0 }, 'NoSwap'],
  ['a kernel without PSI, whatever containers do', [tracked(0, {})], { memoryPressure: null }, 'SignalMissing'],
  ['a pressure that no guard asks for', [tracked(0, {})], { cpuPressure: null }, undefined],
  [
    'containers that may not swap',
    [tracked(0, { input: { ...quietContainer, swapMaxBytes: 0 } })],
    {},
    'SwapForbidden',
  ],
  [
    'one container of two that may not swap',
    [tracked(0, { input: { ...quietContainer, swapMaxBytes: 0 } }), tracked(1, {})],
    {},
    undefined,
  ],
  ['a signal that is missing', [tracked(0, { decision: decision('Skipped', 'SignalMissing') })], {}, 'SignalMissing'],
  ['nothing in its way', [tracked(0, {})], {}, undefined],
];
for (const [what, all, signals, reason] of why) {
  test(`${what}: the policy has ${reason ?? 'no reason'}`, () => {
    assert.equal(known(all, {}, signals).policies![0]!.reason, reason);
  });
}

const ready = (change: Partial<Knowing>) => {
  const [one] = known([], change).conditions;
  return `${one!.holds} ${one!.reason}`;
};
const held = (orders: Partial<Orders>) => ready({ orders: { ...noOrders, ...orders } });

test('Ready says whether the spec is followed, and if not why', () => {
  assert.equal(ready({}), 'true Following');
  assert.equal(held({ paused: 'NodeDraining' }), 'true Following');
  assert.equal(held({ observe: 'SpecStale' }), 'false SpecStale');
  assert.equal(held({ stop: 'SwitchStop' }), 'false SwitchStop');
  assert.equal(held({ restore: 'SwitchRestore' }), 'false Restored');
  const garbage = follow(following, object({}, 8), nodeUID);
  assert.equal(ready({ following: garbage }), 'false MalformedSpec');
});

test('Restore tells how many containers are left', () => {
  const pagedOut = { ...tracked(0, {}).ledger, unmappedBytes: mib };
  const orders: Orders = { ...noOrders, restore: 'SwitchRestore' };
  const [left] = known([tracked(0, { ledger: pagedOut })], { orders }).conditions;
  assert.deepEqual([left!.reason, left!.message], ['SwitchRestore', '1 container is still to be brought back']);
  const unmeant = Object.assign(new Tracked(container('another', 'id'), 0), { ledger: pagedOut });
  assert.equal(known([unmeant], { orders }).conditions[0]!.reason, 'SwitchRestore', 'its policy is gone');
  const [done] = known([tracked(0, { ledger: pagedOut, restored: true })], { orders }).conditions;
  assert.equal(done!.reason, 'Restored');
});

test('the kind of swap is one word', () => {
  const of = (...kinds: string[]) => swapKind(kinds.map((kind) => ({ kind })) as never);
  assert.deepEqual([of(), of('zram'), of('disk', 'file'), of('zram', 'file')], ['None', 'Zram', 'Disk', 'Mixed']);
});

test('a capability that the worker lacks is the reason of Ready and of every policy', () => {
  for (const [held, reason] of [
    [[], 'MissingSysPtrace'],
    [['SYS_NICE'], 'MissingSysPtrace'],
    [['SYS_PTRACE'], 'MissingSysNice'],
  ] as const) {
    const { conditions, policies } = known([tracked(0, {})], { parts: partsWith(held) });
    assert.deepEqual([conditions[0]!.holds, conditions[0]!.reason], [false, reason]);
    assert.ok(policies!.length > 0);
    for (const row of policies!) assert.equal(row.reason, reason);
  }
});

test('without DAC_READ_SEARCH a node is Ready, and says what is not learned where it should be', () => {
  const ready = (parts: Parts) => known([], { parts }).conditions[0]!;
  const held = ['SYS_PTRACE', 'SYS_NICE'];
  assert.match(ready(partsWith(held, true)).message, /lacks CAP_DAC_READ_SEARCH/);
  for (const parts of [partsWith(held), partsWith([...held, 'DAC_READ_SEARCH'], true)])
    assert.deepEqual([ready(parts).holds, ready(parts).message], [true, '']);
});
