/** Edits of a cluster policy, and what they are on a node that its roll-out has not reached. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { NodeProfile } from '../../../api/node-profile.ts';
import type { Step } from '../../../api/profile.ts';
import { stricterLadder } from '../../../operator/ladders.ts';
import { plan } from '../../../operator/plan.ts';
import { Planner } from '../../../operator/planner.ts';
import { isReached, placeOf } from '../../../operator/reach.ts';
import type { Policy, Snapshot } from '../../../operator/snapshot.ts';
import { cluster, clusterPolicy, limit, pod, settings } from './small-cluster.ts';

type Fields = Readonly<Record<string, unknown>>;

const enforce = (fields: Fields): Fields => ({ mode: 'Enforce', ...fields });
/** The node of the cluster is not among the first. */
const nodesPercent = 1;
assert.ok(!isReached(placeOf('uid-p', 'uid-node-1'), nodesPercent));

const edited = (before: Fields | null, after: Fields): Policy =>
  clusterPolicy('p', enforce(after), {
    stage: { nodesPercent, before: before && clusterPolicy('p', enforce(before)).spec },
  });
const around = (...policies: Policy[]): Snapshot =>
  cluster({ policies, pods: [pod('web', { labels: { tier: 'web' } })] });

/** null: the pod does not follow it. */
function heldProfile(before: Fields | null, after: Fields): NodeProfile | null {
  return plan(around(edited(before, after)), settings).nodes.get('node-1')!.spec.profiles[0] ?? null;
}

const steps = (...list: readonly (readonly [string, number, string?])[]) =>
  list.map(([advice, afterIdleSeconds, ranges = 'KeepHot']) => ({ advice, afterIdleSeconds, ranges }) as Step);
const nights = { name: 'nights', schedule: '0 20 * * *', durationSeconds: 3600, timeZone: 'UTC' };
const days = { name: 'days', schedule: '0 8 * * *', durationSeconds: 3600, timeZone: 'UTC' };
const guard = { resource: 'IO', scope: 'Node', kind: 'Full', maxStallMillisecondsPerMinute: 5 };
const commands = (start: number) => Array.from({ length: 40 }, (_, index) => `worker-${start + index}`);

interface Case {
  readonly name: string;
  readonly before: Fields;
  readonly after: Fields;
  readonly held: (profile: NodeProfile) => unknown;
  readonly expected: unknown;
}

const cases: readonly Case[] = [
  {
    name: 'a lower limit holds at once beside a higher one that waits',
    before: { limits: { maxBytesPerSecond: '64Mi', maxBytesPerRound: '1Gi' } },
    after: { limits: { maxBytesPerSecond: '32Mi', maxBytesPerRound: '2Gi' } },
    held: ({ limits }) => [limits.maxBytesPerSecond, limits.maxBytesPerRound],
    expected: [32 * 2 ** 20, 2 ** 30],
  },
  {
    name: 'a guard that is added holds beside one that is left out and stays',
    before: {},
    after: { guards: { pressure: [guard] } },
    held: ({ guards }) => guards.pressure.map(({ resource }) => resource),
    expected: ['IO', 'Memory'],
  },
  {
    name: 'acting waits where the policy only said what it would do',
    before: { mode: 'DryRun' },
    after: {},
    held: ({ mode }) => mode,
    expected: 'DryRun',
  },
  {
    name: 'a signal that is no longer asked is asked still',
    before: { idle: { maxIOBytesPerSecond: '1Ki' } },
    after: { idle: { maxNetworkBytesPerSecond: '2Ki' } },
    held: ({ idle }) => [idle.maxIOBytesPerSecond, idle.maxNetworkBytesPerSecond],
    expected: [1024, 2048],
  },
  {
    name: 'of Honor and Ignore neither may go further: Require',
    before: { idle: { declared: 'Honor' } },
    after: { idle: { declared: 'Ignore' } },
    held: ({ idle }) => idle.declared,
    expected: 'Require',
  },
  {
    name: 'a window that was taken out is shut at once, one that was put in is not open yet',
    before: { windows: [nights] },
    after: { windows: [{ ...nights, durationSeconds: 60 }, days] },
    held: ({ windows, mode }) => [mode, windows.map(({ name, durationSeconds }) => [name, durationSeconds])],
    expected: ['Enforce', [['nights', 60]]],
  },
  {
    name: 'windows that have no moment in common leave DryRun',
    before: { windows: [nights] },
    after: { windows: [days] },
    held: ({ mode }) => mode,
    expected: 'DryRun',
  },
  {
    name: 'windows that are no longer there hold still',
    before: { windows: [nights] },
    after: {},
    held: ({ windows }) => windows.map(({ name }) => name),
    expected: ['nights'],
  },
  {
    name: 'kinds of memory with nothing in common leave DryRun',
    before: { memory: { kinds: ['Anonymous'] } },
    after: { memory: { kinds: ['Shared'] } },
    held: ({ mode }) => mode,
    expected: 'DryRun',
  },
  {
    name: 'commands that either leaves out are left out',
    before: { memory: { excludeCommands: ['java'] } },
    after: { memory: { excludeCommands: ['node'] } },
    held: ({ memory }) => memory.excludeCommands,
    expected: ['node', 'java'],
  },
  {
    name: 'more commands than a profile can say leave DryRun',
    before: { memory: { excludeCommands: commands(0) } },
    after: { memory: { excludeCommands: commands(100) } },
    held: ({ mode, memory }) => [mode, memory.excludeCommands.length],
    expected: ['DryRun', 40],
  },
  {
    name: 'the wake brings back the less of both',
    before: { wake: { advice: 'WillNeed', maxBytes: '1Mi' } },
    after: { wake: { advice: 'WillNeed', maxBytes: '1Gi' } },
    held: ({ wake }) => wake,
    expected: { advice: 'WillNeed', maxBytes: 2 ** 20 },
  },
  {
    name: 'a step that is added waits, one that is later is later at once',
    before: { steps: steps(['Cold', 300], ['PageOut', 900]) },
    after: { steps: steps(['Cold', 600], ['PageOut', 900], ['PageOut', 3600, 'All']) },
    held: (profile) => profile.steps,
    expected: steps(['Cold', 600], ['PageOut', 900]),
  },
];
for (const { name, before, after, held, expected } of cases)
  test(name, () => assert.deepEqual(held(heldProfile(before, after)!), expected));

const ladders: readonly (readonly [string, Step[], Step[], Step[]])[] = [
  ['a page-out is no stronger than a cold step', steps(['PageOut', 900]), steps(['Cold', 300]), steps(['Cold', 900])],
  ['hot ranges stay hot', steps(['PageOut', 900, 'All']), steps(['PageOut', 600]), steps(['PageOut', 900])],
  [
    'a second page-out is one more',
    steps(['PageOut', 900], ['PageOut', 1800]),
    steps(['PageOut', 900]),
    steps(['PageOut', 900]),
  ],
  [
    'no two steps are due at one moment',
    steps(['Cold', 100], ['PageOut', 900]),
    steps(['PageOut', 50], ['Cold', 900]),
    steps(['Cold', 900], ['PageOut', 901]),
  ],
  [
    'a step without a moment left goes',
    steps(['Cold', 100], ['PageOut', 2_592_000]),
    steps(['PageOut', 50], ['Cold', 2_592_000]),
    steps(['Cold', 2_592_000]),
  ],
];
for (const [name, a, b, expected] of ladders)
  test(`of two ladders: ${name}`, () => {
    assert.deepEqual(stricterLadder(a, b), expected);
    assert.deepEqual(stricterLadder(b, a), expected);
  });

test('pods that an edit adds wait and are counted, those that it drops are dropped', () => {
  const web = { podSelector: { matchLabels: { tier: 'web' } } };
  const api = { podSelector: { matchLabels: { tier: 'api' } } };
  assert.equal(heldProfile(web, api), null);
  assert.equal(heldProfile(api, web), null);
  const planner = new Planner(around(edited(api, web)), settings);
  assert.deepEqual(planner.plan.policies.get('p')?.reasons, new Map([['RollingOut', 1]]));
  assert.equal(planner.plan.policies.get('p')?.matchedPods, 0);
  assert.equal(planner.judge('shop', 'web')?.verdict.reason, 'RollingOut');
});

test('a policy that nobody knew waits, and others keep their pods; one that touches nothing does not wait', () => {
  const other = clusterPolicy('other', { priority: 500 });
  const follows = (policy: Policy) =>
    plan(around(policy, other), settings)
      .nodes.get('node-1')!
      .spec.pods.map(({ profile }) => profile);
  assert.deepEqual(follows(edited(null, { priority: 1 })), ['other']);
  assert.deepEqual(follows(edited({ priority: 900 }, { priority: 1 })), ['other']);
  assert.deepEqual(follows(edited({ priority: 1 }, { priority: 900 })), ['other']);
  assert.deepEqual(follows(edited({ priority: 2 }, { priority: 1 })), ['p']);
  assert.deepEqual(follows(edited(null, { priority: 1, mode: 'DryRun' })), ['p']);
});

test('what holds meanwhile is told, names its policy, and is tightened by limits as ever', () => {
  const policies = [edited({ limits: { maxBytesPerSecond: '64Mi' } }, { limits: { maxBytesPerSecond: '1Gi' } })];
  const tight = limit('tight', { limits: { maxBytesPerSecond: '1Mi' } });
  const { nodes, policies: tallies } = plan({ ...around(...policies), limits: [tight] }, settings);
  const [profile] = nodes.get('node-1')!.spec.profiles;
  assert.deepEqual(
    profile?.sources.map(({ name, generation }) => [name, generation]),
    [
      ['p', 1],
      ['tight', 1],
    ],
  );
  assert.equal(profile?.limits.maxBytesPerSecond, 2 ** 20);
  assert.deepEqual(tallies.get('p')?.reasons, new Map([['RollingOut', 1]]));
});
