/** /state of the agent's unix socket: everything that is tracked, as state.ts says. Wiring of types only. */
import { release } from 'node:os';
import type { Parts, Ticker } from '../tick.ts';
import type { Tracked } from '../tracked.ts';
import { heldBy } from './node-gauges.ts';
import type { AgentState, ContainerState } from './state.ts';
import { identityOf, ledgerState } from './view.ts';

export interface About {
  readonly version: string;
  readonly workerPid: number;
  readonly since: Date;
}

export function agentState(about: About, parts: Parts, ticker: Ticker): AgentState {
  const { hello } = parts.worker;
  const all = [...ticker.tracked.values()];
  const node = ticker.lastNode;
  const policies = parts.source.policies();
  const containersOf = Map.groupBy(all, (one) => one.profile?.name ?? null);
  return {
    agent: {
      version: about.version,
      pid: process.pid,
      workerPid: about.workerPid,
      since: about.since.toISOString(),
      time: new Date().toISOString(),
      ticks: ticker.ticks,
      periodSeconds: parts.config.periodSeconds,
      capabilities: hello.capabilities,
      features: hello.features,
      held: heldBy(parts),
    },
    node: {
      kernelRelease: release(),
      cgroupLayout: parts.hierarchies.layout,
      swapTotalBytes: node?.swapTotalBytes ?? 0,
      swapFreeBytes: node?.swapFreeBytes ?? 0,
      swapKind: node?.devices[0]?.kind ?? null,
      missingSignals: ticker.missingSignals(),
    },
    policies: policies.profiles.map((profile) => ({
      name: profile.name,
      file: profile.source.file,
      mode: profile.mode,
      containers: containersOf.get(profile.name)?.length ?? 0,
      error: policies.errorOf(profile),
    })),
    policyErrors: policies.errors,
    containers: all.map((one) => containerState(one, ticker.startedAt)),
  };
}

function containerState(tracked: Tracked, started: number): ContainerState {
  const { decision, profile, input } = tracked;
  const waiting = decision?.state === 'PagedOut' && tracked.awaitingBytes > 0;
  return {
    ...identityOf(tracked.container),
    policy: profile?.name ?? null,
    mode: profile?.mode ?? null,
    state: decision?.state ?? 'Skipped',
    reason: waiting ? 'AwaitingReclaim' : (decision?.reason ?? tracked.unselected),
    since: new Date(Date.now() - (performance.now() - (decision?.since ?? started))).toISOString(),
    blocker: decision?.blocker ?? null,
    anonBytes: input?.anonBytes ?? tracked.processes.reduce((sum, one) => sum + one.rssAnonBytes, 0),
    wouldReclaimBytes: tracked.wouldReclaimBytes,
    swapBytes: input?.swapBytes ?? tracked.processes.reduce((sum, one) => sum + one.swapBytes, 0),
    usageBytes: input?.usageBytes ?? null,
    processes: tracked.processes.length,
    lastAdvice: tracked.lastAdvice,
    passRunning: tracked.running?.action.advice ?? null,
    ledger: ledgerState(tracked.ledger),
    decisions: tracked.decisions,
  };
}
