/**
 * What a policy really does, in a word for `kubectl get`: the mode that is in force for its pods after limits, namespaces,
 * pauses and ebb-switch, or the reason why nothing comes of it. Counted over pods, from what nodes' objects say and what
 * their agents report. Pure; status.ts writes it as status.effective.
 */
import type { Mode } from '../api/profile.ts';
import type { Reason } from '../api/reasons.ts';
import { mostCautious } from './bounds.ts';
import { saysOf } from './effective.ts';
import { carries } from './figures.ts';
import type { NodeReport } from './node-report.ts';
import { objectKey, type PolicyObject, policyOf } from './policy-object.ts';
import { byText } from './precedence.ts';
import type { Overview, Rollout } from './situation.ts';
import { nothingCounted, type PolicyTally } from './tally.ts';

export function inForce(object: PolicyObject, { situation, reports }: Overview, now: number): string {
  const { plan, rollouts, unprogrammable } = situation;
  if (policyOf(object) === null) return 'Invalid' satisfies Reason;
  const refusal = unprogrammable.get(object.uid);
  if (refusal) return refusal.reason;
  const tally = plan.policies.get(objectKey(object)) ?? nothingCounted;
  const staged = stageOf(rollouts.get(object.uid));
  const [most, ...others] = wordsOf(object.uid, reports.get(object.uid) ?? [], now);
  if (!most) return staged ?? nowhere(tally);
  if (staged !== null && isMode(most.word)) return staged;
  const told = others.reduce((sum, { pods }) => sum + pods, most.pods);
  const all = Math.max(told, tally.matchedPods - tally.overriddenPods);
  return most.pods === all ? most.word : `${most.word} ${most.pods}/${all}`;
}

function stageOf(rollout: Rollout | undefined): Reason | null {
  if (!rollout || rollout.done) return null;
  return rollout.halted ? 'RolloutHalted' : 'RollingOut';
}

/** No node's object has it. */
function nowhere({ matchedPods, overriddenPods }: PolicyTally): Reason {
  if (matchedPods === 0) return 'NoPods';
  return overriddenPods === matchedPods ? 'Overridden' : 'Pending';
}

interface Word {
  readonly word: string;
  readonly pods: number;
}

/** Those of the most pods first; of equally many, what does less. */
function wordsOf(uid: string, reports: readonly NodeReport[], now: number): Word[] {
  const pods = new Map<string, number>();
  for (const report of reports.filter((one) => carries(one, uid)))
    for (const one of report.policies.get(uid)!.modes) {
      const word = wordOf(saysOf(report, uid, now), one.mode, report);
      pods.set(word, (pods.get(word) ?? 0) + one.pods);
    }
  const words = [...pods].map(([word, count]) => ({ word, pods: count })).filter((one) => one.pods > 0);
  return words.sort((a, b) => b.pods - a.pods || caution(b.word) - caution(a.word) || byText(a.word, b.word));
}

/** What these say of the agent as a whole: it decides as if every policy said DryRun. */
const observing: ReadonlySet<string> = new Set(['SwitchObserve', 'SpecStale'] satisfies Reason[]);

/** `says`: as effective.ts has it of the node. */
function wordOf(says: string, mode: string, { paused }: NodeReport): string {
  if (says === 'nothing yet') return 'NoReports' satisfies Reason;
  if (says !== 'yes' && !observing.has(says)) return says;
  if (!isMode(mode)) return 'Unsupported' satisfies Reason;
  if (paused) return 'Paused';
  return mostCautious(mode, says === 'yes' ? undefined : 'DryRun');
}

const modes = ['Enforce', 'DryRun', 'Paused'] as const satisfies readonly Mode[];
const isMode = (word: string): word is Mode => modes.some((mode) => mode === word);
const caution = (word: string): number => (isMode(word) ? modes.indexOf(word) : modes.length);
