/** An installation as text: one line for each part, then what stands in the way. Pure. */
import { countText } from '../../../api/count.ts';
import { escapeText } from '../../../api/escape.ts';
import { type Column, renderPairs, renderTable, type TableLook } from '../../table.ts';
import { bytesText } from '../../units.ts';
import { meanings } from '../switch/state.ts';
import { byteHoursText, meaningOf, namesText, sumText, toned } from '../text.ts';
import type { StatusView } from './view.ts';

export function showStatus(view: StatusView, look: TableLook): string {
  const pairs: [string, string][] = [
    ['switch', switchText(view, look)],
    ['operator', operatorText(view, look)],
    ['agents', agentsText(view, look)],
    ['nodes', nodesText(view)],
    ['swap', swapText(view)],
    ['policies', policiesText(view)],
    ['memory', memoryText(view)],
    ['reclaimed', reclaimedText(view)],
  ];
  const unseen = view.unseen.map((words) => `not shown: ${words}\n`).join('');
  return `${renderPairs(pairs)}${inTheWay(view, look)}${unseen === '' ? '' : `\n${unseen}`}`;
}

const hidden = '-';

function switchText({ switch: seen }: StatusView, { colour }: TableLook): string {
  if (seen === null) return hidden;
  const { namespace, state, reason } = seen;
  if (state === null) return toned(`no ebb-switch in namespace ${escapeText(namespace)}`, 'bad', colour);
  const meaning = Object.hasOwn(meanings, state) ? meanings[state as keyof typeof meanings] : meaningOf(reason ?? '');
  return `${toned(escapeText(state), reason === null ? 'good' : 'bad', colour)}: ${meaning}`;
}

function operatorText({ operator }: StatusView, { colour }: TableLook): string {
  if (operator === null) return hidden;
  const { leader, renewedSecondsAgo, replicas, readyReplicas } = operator;
  const leads =
    leader === null
      ? toned('none leads', 'bad', colour)
      : `${toned(`${escapeText(leader, 253)} leads`, 'good', colour)}, renewed ${renewedSecondsAgo} s ago`;
  return replicas === null ? leads : `${leads}; ${readyReplicas} of ${countText(replicas, 'replicas')} ready`;
}

function agentsText({ agents, nodes }: StatusView, { colour }: TableLook): string {
  if (agents === null) return hidden;
  const { desired, ready, reporting, silent } = agents;
  const pods = desired === null ? '' : `${ready} of ${desired} ready; `;
  const heard = `${reporting} of ${countText(nodes?.total ?? 0, 'nodes')} heard in the last 10 minutes`;
  const quiet =
    silent.length === 0 ? '' : toned(`; silent: ${namesText(silent.slice(0, 3), silent.length)}`, 'bad', colour);
  return `${pods}${heard}${quiet}`;
}

function nodesText({ nodes }: StatusView): string {
  if (nodes === null) return hidden;
  const { total, following, paused } = nodes;
  return `${total}: ${countText(following, 'follow their spec', 'follows its spec')}${paused === 0 ? '' : `, ${paused} paused`}`;
}

function swapText({ nodes }: StatusView): string {
  if (nodes === null) return hidden;
  const kinds = Object.entries(nodes.swapKinds).map(([kind, count]) => `${escapeText(kind)} on ${count}`);
  if (kinds.length === 0) return 'nothing reported';
  return `${kinds.join(', ')}; ${bytesText(nodes.swapFreeBytes)} of ${bytesText(nodes.swapTotalBytes)} free`;
}

function policiesText({ policies }: StatusView): string {
  if (policies === null) return hidden;
  const modes = Object.entries(policies.modes).map(([mode, count]) => `${count} ${escapeText(mode)}`);
  return `${policies.total}${modes.length === 0 ? '' : `: ${modes.join(', ')}`}`;
}

function memoryText({ nodes }: StatusView): string {
  if (nodes === null) return hidden;
  const { idleContainers, residentBytes, swappedBytes, wouldReclaimBytes } = nodes;
  const idle = countText(idleContainers, 'containers');
  const would = wouldReclaimBytes === 0 ? '' : `; DryRun would put ${bytesText(wouldReclaimBytes)} there`;
  return `${idle} idle; under policies ${bytesText(residentBytes)} resident, ${bytesText(swappedBytes)} in swap${would}`;
}

function reclaimedText({ policies }: StatusView): string {
  if (policies === null) return hidden;
  const { reclaimedBytesTotal, refaultedBytesTotal, netByteSeconds } = policies;
  return `${sumText(reclaimedBytesTotal)} in all, ${sumText(refaultedBytesTotal)} came back; net ${byteHoursText(netByteSeconds)}`;
}

function inTheWay({ inTheWay }: StatusView, look: TableLook): string {
  if (inTheWay.length === 0) return '\nnothing stands in the way\n';
  const columns: Column[] = [
    { title: 'IN THE WAY' },
    { title: 'OF' },
    { title: 'NAMES', flexible: true },
    { title: 'MEANING', flexible: true },
  ];
  const rows = inTheWay.map(({ reason, what, count, names, meaning }) => [
    escapeText(reason),
    what === 'switch' ? 'every node' : countText(count, what === 'operator' ? 'replicas' : what),
    namesText(names, count),
    meaning,
  ]);
  return `\n${renderTable(columns, rows, look)}`;
}
