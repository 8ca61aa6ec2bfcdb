import assert from 'node:assert/strict';
import test from 'node:test';
import type { Facts } from '../../../cli/probe/facts.ts';
import { missingPieces } from '../../../cli/probe/missing.ts';
import { showProbe } from '../../../cli/probe/show.ts';

const accepted = (name: string, number: number) => ({ name, number, accepted: true, error: null });
const whole: Facts = {
  version: '1.0.0',
  kernelRelease: '6.18.0',
  architecture: 'x64',
  cgroups: { layout: 'v2', memoryVersion: 2, memory: '/sys/fs/cgroup', unified: '/sys/fs/cgroup' },
  worker: {
    capabilities: ['SYS_PTRACE', 'SYS_NICE', 'DAC_READ_SEARCH'],
    features: ['PagemapScan', 'ProcmapQuery', 'PidfdInfo', 'PidfsInode'],
  },
  advice: [accepted('Cold', 20), accepted('PageOut', 21), accepted('WillNeed', 3), accepted('Collapse', 25)],
  swap: {
    totalBytes: 1000,
    freeBytes: 900,
    areas: [{ path: '/dev/zram0', kind: 'zram', sizeBytes: 1000, usedBytes: 100 }],
    zswap: false,
  },
  pressure: { memory: true, io: true, cpu: true, cgroups: true },
};
const names = (facts: Facts) => missingPieces(facts).map(({ what }) => what);
const refused = (error: string) => ({ name: 'PageOut', number: 21, accepted: false, error });
const plain = { width: null, colour: false };

test('A host that has everything misses nothing, and that is said', () => {
  assert.deepEqual(missingPieces(whole), []);
  assert.match(showProbe(whole, [], plain), /nothing is missing\n$/);
});

const cases: [what: string, facts: Facts, missing: string[]][] = [
  ['no swap', { ...whole, swap: { totalBytes: 0, freeBytes: 0, areas: [], zswap: false } }, ['NoSwap']],
  ['a full swap', { ...whole, swap: { ...whole.swap, freeBytes: 10 } }, ['SwapFull']],
  [
    'a swap file',
    { ...whole, swap: { ...whole.swap, areas: [{ path: '/s', kind: 'file', sizeBytes: 1000, usedBytes: 0 }] } },
    ['AwaitingReclaim'],
  ],
  ['no pressure files', { ...whole, pressure: { ...whole.pressure, memory: false } }, ['SignalMissing']],
  [
    'no capability: what only follows from it is not said again',
    { ...whole, worker: { capabilities: [], features: [] }, advice: [refused('EPERM')] },
    ['MissingSysPtrace', 'MissingSysNice', 'MissingDacReadSearch'],
  ],
  ['a security module', { ...whole, advice: [refused('EACCES')] }, ['PermissionDenied']],
  ['an old kernel', { ...whole, advice: [refused('EINVAL')] }, ['AdviceUnsupported']],
  [
    'a kernel without PAGEMAP_SCAN',
    { ...whole, worker: { ...whole.worker, features: ['ProcmapQuery', 'PidfdInfo', 'PidfsInode'] } },
    ['PagemapScan'],
  ],
  [
    'a right to reclaim without Landlock',
    { ...whole, worker: { ...whole.worker, features: [...whole.worker.features, 'Reclaim'] } },
    ['Landlock'],
  ],
  [
    'nothing, where Landlock encloses who reclaims',
    { ...whole, worker: { ...whole.worker, features: [...whole.worker.features, 'Reclaim', 'Landlock'] } },
    [],
  ],
];
for (const [what, facts, missing] of cases) {
  test(`Missing: ${what}`, () => {
    assert.deepEqual(names(facts), missing);
    for (const piece of missingPieces(facts)) assert.ok(piece.effect.length > 10 && piece.remedy.length > 5);
    const text = showProbe(facts, missingPieces(facts), plain);
    for (const name of missing) assert.match(text, new RegExp(`missing: ${name}: .+\n  to do: .+\n`));
  });
}
