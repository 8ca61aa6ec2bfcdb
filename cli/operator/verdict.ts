/** Whether an installation works, from what its objects say: an operator leads, and the agent of each node reports. Pure. */
import { countText } from '../../api/count.ts';
import { valueAt } from '../../api/decode.ts';
import { silentMillis } from '../../operator/figures.ts';

/** Objects as the API server gives them; null: not there. */
export interface Seen {
  readonly lease: unknown;
  readonly daemonSet: unknown;
  readonly reports: readonly Report[];
}

/** Of one node's object. */
export interface Report {
  readonly node: string;
  /** null: never. */
  readonly reportTime: string | null;
}

export interface Verdict {
  readonly works: boolean;
  readonly lines: readonly string[];
}

const shownNodes = 5;

export function verdict(seen: Seen, now: Date): Verdict {
  const all = [operatorLine(seen.lease, now), agentsLine(seen.daemonSet), reportsLine(seen, now)];
  return {
    works: all.every(([works]) => works),
    lines: all.map(([works, line]) => `${works ? 'ok  ' : 'FAIL'} ${line}`),
  };
}

type Line = readonly [works: boolean, line: string];

function operatorLine(lease: unknown, now: Date): Line {
  const holder = valueAt(lease, ['spec', 'holderIdentity']);
  const renewed = Date.parse(String(valueAt(lease, ['spec', 'renewTime'])));
  const seconds = number(lease, ['spec', 'leaseDurationSeconds']) ?? 0;
  if (typeof holder !== 'string' || holder === '' || Number.isNaN(renewed)) return [false, 'no operator leads'];
  const age = Math.max(0, Math.round((now.getTime() - renewed) / 1000));
  return [age <= seconds, `operator ${holder} leads, renewed ${age} s ago`];
}

function agentsLine(daemonSet: unknown): Line {
  if (daemonSet === null) return [false, 'there is no DaemonSet ebb-node-agent'];
  const [wanted, ready] = [desired(daemonSet), number(daemonSet, ['status', 'numberReady']) ?? 0];
  const isCurrent =
    number(daemonSet, ['status', 'observedGeneration']) === number(daemonSet, ['metadata', 'generation']);
  return [isCurrent && ready >= wanted, `${ready} of ${countText(wanted, 'agents are', 'agent is')} ready`];
}

/** A node whose taints keep the agent away has an object too: as many must report as have an agent. */
function reportsLine({ daemonSet, reports }: Seen, now: Date): Line {
  const wanted = desired(daemonSet);
  const old = reports.filter(({ reportTime }) => !isFresh(reportTime, now)).map(({ node }) => node);
  const fresh = reports.length - old.length;
  const words = `${fresh} of ${countText(wanted, 'agents')} reported in the last ${silentMillis / 60_000} minutes`;
  if (fresh >= wanted) return [true, words];
  const more = old.length > shownNodes ? ` and ${old.length - shownNodes} more` : '';
  return [false, old.length === 0 ? words : `${words}; not those of ${old.slice(0, shownNodes).join(', ')}${more}`];
}

const isFresh = (time: string | null, now: Date): boolean =>
  time !== null && now.getTime() - Date.parse(time) <= silentMillis;

const desired = (daemonSet: unknown): number => number(daemonSet, ['status', 'desiredNumberScheduled']) ?? 0;

function number(object: unknown, path: readonly string[]): number | null {
  const found = valueAt(object, path);
  return typeof found === 'number' ? found : null;
}
