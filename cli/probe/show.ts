/** The probe as text for people. */
import { escapeText } from '../../api/escape.ts';
import { renderPairs, renderTable, type TableLook } from '../table.ts';
import { bytesText } from '../units.ts';
import type { AdviceAnswer, Facts, MissingPiece } from './facts.ts';

export function showProbe(facts: Facts, missing: readonly MissingPiece[], look: TableLook): string {
  return [
    renderPairs([
      ['ebb', facts.version],
      ['kernel', `${escapeText(facts.kernelRelease)} ${facts.architecture}`],
      ['cgroups', cgroupsText(facts)],
      ['capabilities', listText(facts.worker.capabilities.map((name) => `CAP_${name}`))],
      ['features', listText(facts.worker.features)],
      ['swap', swapText(facts)],
      ['pressure', pressureText(facts)],
    ]),
    '\n',
    renderTable(
      [{ title: 'ADVICE' }, { title: 'MADVISE', align: 'right' }, { title: 'FOR ANOTHER PROCESS' }],
      facts.advice.map(adviceRow),
      look,
    ),
    '\n',
    ...(missing.length === 0 ? ['nothing is missing\n'] : missing.map(missingText)),
  ].join('');
}

const listText = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

function cgroupsText({ cgroups }: Facts): string {
  const unified = cgroups.layout === 'hybrid' ? `, cgroup2 at ${escapeText(cgroups.unified ?? '-', 1024)}` : '';
  return `${cgroups.layout}, memory controller v${cgroups.memoryVersion} at ${escapeText(cgroups.memory, 1024)}${unified}`;
}

function swapText({ swap }: Facts): string {
  if (swap.totalBytes === 0) return 'none';
  const areas = swap.areas.map((area) => `${escapeText(area.path, 1024)} (${area.kind})`).join(', ');
  return `${bytesText(swap.freeBytes)} free of ${bytesText(swap.totalBytes)}: ${areas}${swap.zswap ? ', behind zswap' : ''}`;
}

function pressureText({ pressure }: Facts): string {
  const node = (['memory', 'io', 'cpu'] as const).filter((name) => pressure[name]);
  return `node: ${listText(node)}; single cgroups: ${pressure.cgroups ? 'yes' : 'no'}`;
}

const adviceRow = (one: AdviceAnswer): string[] => [
  one.name,
  String(one.number),
  one.accepted ? 'accepted' : `refused (${one.error})`,
];

const missingText = ({ what, effect, remedy }: MissingPiece): string =>
  `missing: ${what}: ${effect}\n  to do: ${remedy}\n`;
