/** What `top` shows as tables; more columns with -o wide. Pure. */
import { countText } from '../../../api/count.ts';
import { escapeText } from '../../../api/escape.ts';
import { type Column, renderTable, type TableLook } from '../../table.ts';
import { bytesText } from '../../units.ts';
import { byteHoursText, sumText } from '../text.ts';
import type { NodeRow, PodRow, PolicyRow } from './view.ts';

interface Shown<Row> extends Column {
  readonly of: (row: Row) => string;
  readonly wide?: true;
}

const name = <Row>(title: string, of: (row: Row) => string | null): Shown<Row> => ({
  title,
  flexible: true,
  of: (row) => escapeText(of(row) ?? '-', 317),
});
const figure = <Row>(title: string, of: (row: Row) => string): Shown<Row> => ({ title, align: 'right', of });
const wide = <Row>(column: Shown<Row>): Shown<Row> => ({ ...column, wide: true });

const podColumns: readonly Shown<PodRow>[] = [
  name('NAMESPACE', ({ namespace }) => namespace),
  name('POD', ({ pod }) => pod),
  name('NODE', ({ node }) => node),
  name('STATE', ({ states }) => states.join(',')),
  figure('SWAPPED', ({ swappedBytes }) => bytesText(swappedBytes)),
  figure('RESIDENT', ({ residentBytes }) => bytesText(residentBytes)),
  figure('WOULD', ({ wouldReclaimBytes }) => bytesText(wouldReclaimBytes)),
  wide(figure('PEAK', ({ peakResidentBytes }) => bytesText(peakResidentBytes))),
  wide(name('POLICY', ({ policy }) => policy)),
  wide(name('MODE', ({ mode }) => mode)),
];

const nodeColumns: readonly Shown<NodeRow>[] = [
  name('NODE', ({ node }) => node),
  figure('IDLE', ({ idleContainers }) => String(idleContainers)),
  figure('SWAPPED', ({ swappedBytes }) => bytesText(swappedBytes)),
  figure('RESIDENT', ({ residentBytes }) => bytesText(residentBytes)),
  figure('WOULD', ({ wouldReclaimBytes }) => bytesText(wouldReclaimBytes)),
  figure('RECLAIMED', ({ reclaimedBytesTotal }) => sumText(reclaimedBytesTotal)),
  figure('CAME BACK', ({ refaultedBytesTotal }) => sumText(refaultedBytesTotal)),
  figure('NET', ({ netByteSeconds }) => byteHoursText(netByteSeconds)),
  wide(figure('SWAP FREE', ({ swapFreeBytes }) => bytesText(swapFreeBytes))),
  wide(figure('SWAP', ({ swapTotalBytes }) => bytesText(swapTotalBytes))),
  name('AGENT', ({ heard }) => heard),
  name('PAUSED', ({ paused }) => paused.join(',') || null),
];

const policyColumns: readonly Shown<PolicyRow>[] = [
  name('POLICY', ({ policy }) => policy),
  name('MODE', ({ mode }) => mode),
  figure('PODS', ({ matchedPods }) => String(matchedPods)),
  figure('IDLE', ({ idleContainers }) => String(idleContainers)),
  figure('SWAPPED', ({ swappedBytes }) => sumText(swappedBytes)),
  wide(figure('RESIDENT', ({ residentBytes }) => sumText(residentBytes))),
  figure('WOULD', ({ wouldReclaimBytes }) => sumText(wouldReclaimBytes)),
  figure('RECLAIMED', ({ reclaimedBytesTotal }) => sumText(reclaimedBytesTotal)),
  figure('CAME BACK', ({ refaultedBytesTotal }) => sumText(refaultedBytesTotal)),
  figure('NET', ({ netByteSeconds }) => byteHoursText(netByteSeconds)),
];

export interface TableOf {
  readonly look: TableLook;
  readonly wide: boolean;
}

function table<Row>(all: readonly Shown<Row>[], rows: readonly Row[], { look, wide: more }: TableOf): string {
  const columns = all.filter((column) => more || !column.wide);
  const cells = rows.map((row) => columns.map((column) => column.of(row)));
  return renderTable(columns, cells, look);
}

/** `omitted`: containers that found no room in what their agents reported. */
export function showPods(rows: readonly PodRow[], omitted: number, how: TableOf): string {
  const rest =
    omitted === 0
      ? ''
      : `${countText(omitted, 'containers')} with less memory found no room in the reports of their nodes\n`;
  return (rows.length === 0 ? 'no pod here has a container that is not Active\n' : table(podColumns, rows, how)) + rest;
}

export const showNodes = (rows: readonly NodeRow[], how: TableOf): string =>
  rows.length === 0 ? 'no node has an object of Ebb\n' : table(nodeColumns, rows, how);

export const showPolicies = (rows: readonly PolicyRow[], how: TableOf): string =>
  rows.length === 0 ? 'there is no policy here\n' : table(policyColumns, rows, how);
