/** The list as a table: one line for each container, one for each of its processes. */
import { countText } from '../../api/count.ts';
import { escapeText } from '../../api/escape.ts';
import { commShown } from '../comm.ts';
import { type Column, renderTable, type TableLook } from '../table.ts';
import { bytesText } from '../units.ts';
import type { ListedContainer, ListedProcess } from './list.ts';

export function showList(containers: readonly ListedContainer[], wide: boolean, look: TableLook): string {
  const columns: Column[] = [
    { title: 'CONTAINER', flexible: true },
    { title: 'RUNTIME' },
    { title: 'POD', flexible: true },
    { title: 'QOS' },
    { title: 'PID', align: 'right' },
    { title: wide ? 'NSPIDS' : 'CPID', align: 'right' },
    { title: 'COMMAND', flexible: true },
    { title: 'ANON', align: 'right' },
    { title: 'SWAP', align: 'right' },
    { title: 'STATE' },
    { title: 'REASON' },
    ...(wide ? [{ title: 'CGROUP' }] : []),
  ];
  return renderTable(
    columns,
    containers.flatMap((one) => rowsOf(one, wide)),
    look,
  );
}

function rowsOf(one: ListedContainer, wide: boolean): string[][] {
  const name = one.id === null ? one.cgroup : wide ? one.id : one.id.slice(0, 12);
  const head = [escapeText(name, 1024), one.runtime ?? '-', escapeText(one.podUID ?? '-'), one.qosClass ?? '-'];
  const sums = [bytesText(one.rssAnonBytes), bytesText(one.swapBytes), one.state ?? '-', one.reason ?? '-'];
  const count = countText(one.processes.length, 'processes');
  const first = [...head, '', '', count, ...sums];
  return [
    wide ? [...first, escapeText(one.cgroup, 4096)] : first,
    ...one.processes.map((each) => processRow(each, wide)),
  ];
}

function processRow(one: ListedProcess, wide: boolean): string[] {
  const inner = wide ? one.nsPids.join('/') : String(one.containerPid);
  const memory = [bytesText(one.rssAnonBytes), bytesText(one.swapBytes)];
  return ['', '', '', '', String(one.pid), inner, commShown(utf8Bytes(one.comm)), ...memory, one.state];
}

/** Back to one character for each byte, as commShown takes it. */
const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
