/**
 * Whether a container is idle, and whether an idle one just woke. Reads a ring of samples of its counters, gives a
 * verdict to ladder.ts.
 *
 * Idle means: over the whole window the mean stays within the policy's rates, and no stretch of a second or longer
 * between two samples ran above five times the CPU rate. So a health check every few seconds is not a wake, and one
 * request that works for a tenth of a second is.
 */
import type { Profile } from '../../api/profile.ts';
import type { Reason } from '../../api/reasons.ts';
import type { Blocker, UsageSample } from './inputs.ts';

export type IdleRules = Profile['idle'];

export interface IdleInput {
  /** Oldest first. */
  readonly samples: readonly UsageSample[];
  readonly ageSeconds: number;
  /** The pod's annotation; null: none. */
  readonly declaredIdle: boolean | null;
  /** What came before is not looked at: when it last woke. */
  readonly notBefore: number | null;
  /** Two samples further apart than this say nothing of what happened between them: the window starts anew. */
  readonly maxGapMillis: number;
}

export interface IdleVerdict {
  readonly idle: boolean;
  readonly reason: Reason;
  /** Since when it has been quiet, as far as samples show; null: it is not idle. */
  readonly sinceMillis: number | null;
  readonly blocker: Blocker | null;
}

type Counter = 'cpuMicros' | 'networkBytes' | 'ioBytes';

/** A rate that must not be exceeded, per second. */
interface Allowance {
  readonly counter: Counter;
  readonly signal: string;
  readonly allowed: number;
  /** Counter units per second that make one unit of the signal: 1,000 µs/s of CPU time are a millicore. */
  readonly unit: number;
}

const spikeFactor = 5;
const spikeSpanMillis = 1000;

export function idleness(input: IdleInput, rules: IdleRules): IdleVerdict {
  if (input.ageSeconds < rules.minPodAgeSeconds) {
    return notIdle('TooYoung', {
      signal: 'podAgeSeconds',
      observed: Math.floor(input.ageSeconds),
      allowed: rules.minPodAgeSeconds,
    });
  }
  const declared = declaration(input, rules);
  return declared ?? byUsage(input, rules);
}

const notIdle = (reason: Reason, blocker: Blocker | null): IdleVerdict => ({
  idle: false,
  reason,
  sinceMillis: null,
  blocker,
});

/** What the annotation settles without looking at signals. */
function declaration(input: IdleInput, rules: IdleRules): IdleVerdict | null {
  if (rules.declared === 'Ignore') return null;
  const no = notIdle('NotIdle', { signal: 'declaredIdle', observed: 0, allowed: 1 });
  if (rules.declared === 'Require') return input.declaredIdle === true ? null : no;
  if (input.declaredIdle === false) return no;
  if (input.declaredIdle === null) return null;
  return { idle: true, reason: 'Idle', sinceMillis: input.samples.at(-1)?.at ?? null, blocker: null };
}

function byUsage(input: IdleInput, rules: IdleRules): IdleVerdict {
  const allowances = allowancesOf(rules);
  const last = input.samples.at(-1);
  const missing = last && allowances.find(({ counter }) => last[counter] === null);
  if (missing) return notIdle('SignalMissing', { signal: missing.signal, observed: 0, allowed: missing.allowed });
  const samples = unbroken(input, allowances, rules.windowSeconds * 1000);
  const spike = spikeWithin(samples, rules);
  if (spike) return notIdle('NotIdle', spike);
  const seen = samples.length === 0 ? 0 : samples.at(-1)!.at - samples[0]!.at;
  if (seen < rules.windowSeconds * 1000 || samples.length < 2) {
    return notIdle('Observing', {
      signal: 'windowSeconds',
      observed: Math.floor(seen / 1000),
      allowed: rules.windowSeconds,
    });
  }
  // Only over a full window: a part of it, one heartbeat long, would call a heartbeat a wake.
  const exceeded = aboveMean(samples, allowances);
  if (exceeded) return notIdle('NotIdle', exceeded);
  return { idle: true, reason: 'Idle', sinceMillis: samples[0]!.at, blocker: null };
}

function allowancesOf(rules: IdleRules): readonly Allowance[] {
  const list: Allowance[] = [
    { counter: 'cpuMicros', signal: 'cpuMillicores', allowed: rules.maxCPUMillicores, unit: 1000 },
  ];
  const network = rules.maxNetworkBytesPerSecond;
  if (network !== null)
    list.push({ counter: 'networkBytes', signal: 'networkBytesPerSecond', allowed: network, unit: 1 });
  const io = rules.maxIOBytesPerSecond;
  if (io !== null) list.push({ counter: 'ioBytes', signal: 'ioBytesPerSecond', allowed: io, unit: 1 });
  return list;
}

/**
 * The newest samples that cover the window, as far back as nothing breaks them: a gap, a clock or counter that went
 * backwards (the cgroup is another one), a signal that was missing, a wake.
 */
function unbroken(input: IdleInput, allowances: readonly Allowance[], windowMillis: number): readonly UsageSample[] {
  const { samples } = input;
  let first = samples.length - 1;
  while (first > 0 && samples.at(-1)!.at - samples[first]!.at < windowMillis) {
    if (breaks(samples[first - 1]!, samples[first]!, input, allowances)) break;
    first -= 1;
  }
  return samples.slice(Math.max(first, 0));
}

function breaks(before: UsageSample, after: UsageSample, input: IdleInput, allowances: readonly Allowance[]): boolean {
  const passed = after.at - before.at;
  if (passed <= 0 || passed > input.maxGapMillis) return true;
  if (input.notBefore !== null && before.at < input.notBefore) return true;
  return allowances.some(({ counter }) => {
    const [from, to] = [before[counter], after[counter]];
    return from === null || to === null || to < from;
  });
}

/** The first allowance whose mean over the samples is exceeded. */
function aboveMean(samples: readonly UsageSample[], allowances: readonly Allowance[]): Blocker | null {
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const seconds = (last.at - first.at) / 1000;
  for (const { counter, signal, allowed, unit } of allowances) {
    const rate = (last[counter]! - first[counter]!) / seconds / unit;
    if (rate > allowed) return { signal, observed: Math.ceil(rate), allowed };
  }
  return null;
}

function spikeWithin(samples: readonly UsageSample[], rules: IdleRules): Blocker | null {
  let from = 0;
  for (let to = 1; to < samples.length; to += 1) {
    while (samples[to]!.at - samples[from + 1]!.at >= spikeSpanMillis) from += 1;
    const spike = spikeBetween(samples[from]!, samples[to]!, rules);
    if (spike) return spike;
  }
  return null;
}

/** CPU between two samples, judged over no less than a second: a fast tick does not turn a heartbeat into a spike. */
function spikeBetween(from: UsageSample, to: UsageSample, rules: IdleRules): Blocker | null {
  if (from.cpuMicros === null || to.cpuMicros === null) return null;
  const seconds = Math.max(spikeSpanMillis, to.at - from.at) / 1000;
  const millicores = (to.cpuMicros - from.cpuMicros) / seconds / 1000;
  const allowed = rules.maxCPUMillicores * spikeFactor;
  return millicores > allowed ? { signal: 'cpuMillicoresSpike', observed: Math.ceil(millicores), allowed } : null;
}

/**
 * For the fast tick: whether a container that was idle woke since `since` (its last page-out, or the last look). Reads
 * the newest samples only; a heartbeat that idleness allows is no wake.
 */
export function wokeUp(samples: readonly UsageSample[], rules: IdleRules, since: number): Blocker | null {
  const last = samples.at(-1);
  if (!last) return null;
  let first = samples.length - 1;
  while (first > 0 && samples[first - 1]!.at >= since && last.at - samples[first]!.at < spikeSpanMillis) first -= 1;
  return spikeWithin(samples.slice(first), rules);
}
