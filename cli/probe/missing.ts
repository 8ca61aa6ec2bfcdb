/** Pure: what a host lacks, what that costs, and what to do about it. In the order in which it matters. */
import { isNotEnclosed, notEnclosedText } from '../../node-agent/act/rights.ts';
import type { Facts, MissingPiece } from './facts.ts';

type Check = (facts: Facts) => MissingPiece | null;

const capability =
  (name: string, what: string, effect: string): Check =>
  ({ worker }) =>
    worker.capabilities.includes(name)
      ? null
      : { what, effect, remedy: `run ebb as root; in a container or service add CAP_${name}` };

/** Without SYS_PTRACE the worker can't look, so nothing is said. */
const feature =
  (name: string, since: string, effect: string): Check =>
  ({ worker }) =>
    worker.features.includes(name) || !worker.capabilities.includes('SYS_PTRACE')
      ? null
      : { what: name, effect, remedy: `nothing to do; Linux ${since} has it` };

const landlock: Check = ({ worker }) =>
  isNotEnclosed(worker.features)
    ? {
        what: 'Landlock',
        effect: notEnclosedText,
        remedy:
          'Linux 5.13 or newer, booted with landlock in lsm=; in a container, a seccomp profile that lets its calls through',
      }
    : null;

const advice =
  (name: string, effect: string): Check =>
  (facts) => {
    const error = facts.advice.find((one) => one.name === name)?.error ?? null;
    if (error === null) return null;
    const told = `${name}: the kernel answers ${error}: ${effect}`;
    if (error !== 'EPERM' && error !== 'EACCES')
      return { what: 'AdviceUnsupported', effect: told, remedy: remedyFor(error) };
    return holdsRights(facts) ? { what: 'PermissionDenied', effect: told, remedy: confined } : null;
  };

const holdsRights = ({ worker }: Facts): boolean =>
  ['SYS_PTRACE', 'SYS_NICE'].every((name) => worker.capabilities.includes(name));

const confined = 'a security module confines Ebb: in a container, appArmorProfile: Unconfined for the worker';

function remedyFor(error: string): string {
  if (error === 'ENOSYS')
    return 'Linux 5.10 or newer; in a container, a seccomp profile that lets process_madvise through';
  return 'a newer kernel: Cold and PageOut came with Linux 5.10, WillNeed with 5.15, Collapse with 6.1';
}

const noSwap: Check = ({ swap }) =>
  swap.totalBytes > 0
    ? null
    : {
        what: 'NoSwap',
        effect: 'PageOut is skipped; Cold works',
        remedy:
          'add swap, best compressed memory: modprobe zram && zramctl --find --size 4G --algorithm lz4, then mkswap and swapon what it prints',
      };

const swapNearlyFull: Check = ({ swap }) =>
  swap.totalBytes === 0 || swap.freeBytes >= swap.totalBytes / 10
    ? null
    : { what: 'SwapFull', effect: 'policies leave 10 % free by default, so PageOut is skipped', remedy: 'add swap' };

const diskSwap: Check = ({ swap }) =>
  swap.areas.every((area) => area.kind === 'zram') || swap.zswap
    ? null
    : {
        what: 'AwaitingReclaim',
        effect: 'on a swap file or disk, pages that went out stay in the swap cache until something reclaims them',
        remedy: 'use zram, or give --allow-reclaim to ebb advise and ebb agent',
      };

const nodePressure: Check = ({ pressure }) =>
  pressure.memory && pressure.io && pressure.cpu
    ? null
    : {
        what: 'SignalMissing',
        effect: 'policies with a pressure guard of the node stop PageOut',
        remedy: 'boot with psi=1 (kernel option CONFIG_PSI)',
      };

const cgroupPressure: Check = ({ pressure }) =>
  pressure.cgroups
    ? null
    : {
        what: 'SignalMissing',
        effect: 'policies with a pressure guard of the container stop PageOut',
        remedy: 'mount cgroup2, and boot with psi=1',
      };

const checks: readonly Check[] = [
  capability('SYS_PTRACE', 'MissingSysPtrace', 'no advice to other processes at all'),
  capability('SYS_NICE', 'MissingSysNice', 'no advice to other processes at all'),
  capability(
    'DAC_READ_SEARCH',
    'MissingDacReadSearch',
    "other users' page maps can't be read: hot ranges are not learned",
  ),
  advice('Cold', 'the first step of every ladder'),
  advice('PageOut', 'no memory is freed'),
  advice('WillNeed', 'what was paged out comes back only as it is touched'),
  advice('Collapse', 'no huge pages for busy containers'),
  noSwap,
  swapNearlyFull,
  diskSwap,
  nodePressure,
  cgroupPressure,
  landlock,
  feature('PagemapScan', '6.7', 'resident pages are found by reading pagemap, six times slower'),
  feature('PidfdInfo', '6.13', "a process's cgroup is proven by its cgroup file instead of by the pidfd"),
  feature('PidfsInode', '6.9', 'what is learned of a process is keyed by its start time instead of its pidfd'),
  feature('ProcmapQuery', '6.11', 'single mappings are looked up in the text of maps'),
];

export const missingPieces = (facts: Facts): MissingPiece[] => checks.flatMap((check) => check(facts) ?? []);
