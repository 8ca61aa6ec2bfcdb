/** The policies of install.test.ts: as patient as a test is, and with no guard that another test on this machine could trip. */
import { policyName, shop } from './stage.ts';

const idle = { windowSeconds: 4, maxCPUMillicores: 50, minPodAgeSeconds: 0 };
/** What came back goes out again: KeepHot would leave it alone. */
const steps = [
  { advice: 'Cold', afterIdleSeconds: 1 },
  { advice: 'PageOut', afterIdleSeconds: 2, ranges: 'All' },
];
/** From the last word of an app to its page-out: the window, the step, and what the agent takes to see both. */
export const ladderSeconds = 4 + 2 + 4;

const everyClass = { qosClasses: ['Guaranteed', 'Burstable', 'BestEffort'] };
const guards = { pressure: [], refault: { maxPercent: 100, backoffSeconds: 1, maxBackoffSeconds: 1 } };

/** For ebb-default: sooner, and still in DryRun. */
export const soonerDefault = { spec: { ...everyClass, idle, steps, guards } };

export const policy = {
  apiVersion: 'ebb.dev/v1alpha1',
  kind: 'MemoryAdvicePolicy',
  metadata: { name: policyName, namespace: shop },
  spec: {
    mode: 'Enforce',
    podSelector: {},
    ...everyClass,
    idle,
    steps,
    limits: { maxBytesPerSecond: '1Gi', cooldownSeconds: 1 },
    guards,
  },
};
