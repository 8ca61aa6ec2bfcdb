/** Numbers of native/ebb.h and the literals that everything else uses for them. */
import type { Reason } from '../api/reasons.ts';
import type { Advice, ProofKind } from './worker.ts';

/** By enum ebb_reason; null is EBB_OK. */
export const reasonNames: readonly (Reason | null)[] = [
  null,
  'Exited',
  'NotInContainer',
  'Execed',
  'LeaderExited',
  'Zombie',
  'KernelThread',
  'NotAProcess',
  'SameAddressSpace',
  'SharedAddressSpace',
  'VforkChild',
  'WrongPidNamespace',
  'NoSuchProcess',
  'TargetStuck',
  'PermissionDenied',
  'MissingSysPtrace',
  'MissingSysNice',
  'MissingDacReadSearch',
  'RightsExceeded',
  'SystemError',
  'Unadvisable',
  'Gone',
  'Changed',
  'Busy',
  'Deadline',
  'Cancelled',
  'TooManyMappings',
  'TooManyProcesses',
  'TooManyHandles',
  'AdviceUnsupported',
  'Degraded',
  'ProtocolError',
  'ReclaimUnavailable',
  'OwnProcess',
];

export const adviceNumbers: Readonly<Record<Advice, number>> = { WillNeed: 3, Cold: 20, PageOut: 21, Collapse: 25 };
export const proofKinds: readonly (ProofKind | undefined)[] = [undefined, 'CgroupLine', 'PidfdInfo', 'PidfdOnly'];
export const capabilityNames = ['SYS_PTRACE', 'SYS_NICE', 'DAC_READ_SEARCH'] as const;
export const featureNames = ['PagemapScan', 'ProcmapQuery', 'PidfdInfo', 'PidfsInode', 'Reclaim', 'Landlock'] as const;

/** enum ebb_frame_type. */
export const frameTypes = {
  hello: 1,
  begin: 2,
  open: 3,
  list: 4,
  count: 5,
  runs: 6,
  advise: 7,
  measure: 8,
  cancel: 9,
  end: 10,
  probe: 11,
  reclaim: 12,
  progress: 20,
  refused: 21,
  ended: 22,
} as const;

/** Categories of PAGEMAP_SCAN. */
export const pageCategories = { present: 8, swapped: 16 } as const;
export const rightBits = { observe: 1, advise: 2 } as const;

/** Names of the bits that are set, lowest first. */
export function namesOf<Name>(names: readonly Name[], bits: number): Name[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}
