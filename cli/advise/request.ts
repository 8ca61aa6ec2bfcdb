/** From the flags of `ebb advise` to what is asked of it; everything that contradicts itself is a UsageError. */
import type { Advice } from '../../native/worker.ts';
import type { Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { bytes, choice, integer, text } from '../parse.ts';
import { advices } from './command.ts';

export type Subject =
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'containerPid'; readonly pid: number; readonly container: string }
  | { readonly kind: 'container'; readonly container: string }
  | { readonly kind: 'cgroup'; readonly path: string };

export interface AdviseRequest {
  readonly subject: Subject;
  readonly advice: Advice;
  readonly dryRun: boolean;
  readonly keepResidentBytes: number;
  readonly minRangeBytes: number;
  readonly maxStallMicroseconds: number;
  readonly maxBytesPerSecond: number;
  readonly allowReclaim: boolean;
  readonly json: boolean;
}

const names: Readonly<Record<(typeof advices)[number], Advice>> = {
  cold: 'Cold',
  pageout: 'PageOut',
  willneed: 'WillNeed',
  collapse: 'Collapse',
};
const largestPid = 4194304; // PID_MAX_LIMIT of 64-bit kernels

export function requestOf(values: Values): AdviseRequest {
  const advice = names[choice(values, 'advice', advices)!];
  const keepResidentBytes = bytes(values, 'keep-resident') ?? 0;
  if (keepResidentBytes > 0 && advice !== 'PageOut' && advice !== 'Cold') {
    throw new UsageError('--keep-resident goes with --advice cold or pageout');
  }
  const allowReclaim = values['allow-reclaim'] === true;
  if (allowReclaim && advice !== 'PageOut') throw new UsageError('--allow-reclaim goes with --advice pageout');
  return {
    subject: subjectOf(values),
    advice,
    dryRun: values['dry-run'] === true,
    keepResidentBytes,
    minRangeBytes: bytes(values, 'min-range') ?? 65536,
    maxStallMicroseconds: integer(values, 'max-stall-us', 100, 1_000_000) ?? 2000,
    maxBytesPerSecond: bytes(values, 'max-bytes-per-second', 1048576) ?? 0,
    allowReclaim,
    json: values['json'] === true,
  };
}

function subjectOf(values: Values): Subject {
  const pid = integer(values, 'pid', 1, largestPid);
  const inside = text(values, 'in-container');
  const container = text(values, 'container');
  const path = text(values, 'cgroup');
  const given = [pid, container, path].filter((one) => one !== undefined).length;
  if (given !== 1) throw new UsageError('say whom to advise: one of --pid, --container and --cgroup');
  if (inside !== undefined && pid === undefined) throw new UsageError('--in-container goes with --pid');
  if (container !== undefined) return { kind: 'container', container };
  if (path !== undefined) return { kind: 'cgroup', path };
  if (inside === undefined) return { kind: 'pid', pid: pid! };
  return { kind: 'containerPid', pid: pid!, container: inside };
}
