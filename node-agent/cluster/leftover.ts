/**
 * What Restore goes by for a container that Ebb paged out and that no policy means any more: everything of it, slowly and
 * only into free memory. Its steps are none, so nothing is ever pushed out by it.
 */
import type { Profile } from '../../api/profile.ts';

const mib = 2 ** 20;

export const leftover: Profile = {
  name: '(no policy)',
  source: { kind: 'MemoryAdvicePolicy', namespace: null, name: '(no policy)', file: null },
  mode: 'Enforce',
  priority: 0,
  idle: {
    windowSeconds: 60,
    maxCPUMillicores: 10,
    maxNetworkBytesPerSecond: null,
    maxIOBytesPerSecond: null,
    declared: 'Ignore',
    minPodAgeSeconds: 0,
  },
  steps: [],
  wake: { advice: 'None', maxBytes: 0 },
  memory: { kinds: ['Anonymous', 'Shared'], keepResidentBytes: 0, minRangeBytes: 64 * 1024, excludeCommands: [] },
  limits: {
    maxBytesPerSecond: 32 * mib,
    maxBytesPerRound: 2 ** 30,
    maxStallMicroseconds: 2000,
    cooldownSeconds: 0,
  },
  guards: {
    swapMinFreePercent: 0,
    pressure: [],
    refault: { maxPercent: 100, withinSeconds: 600, backoffSeconds: 1800, maxBackoffSeconds: 86_400 },
    minGainBytes: mib,
  },
  windows: [],
};
