/**
 * The agent's life: two timers, what it shows over HTTP, and its end. Wiring only; standalone/main.ts puts the parts
 * together.
 */

import type { Log } from '../kube/log.ts';
import { json, plain, type Routes, type Serving, serve } from '../kube/serve.ts';
import type { AgentConfig } from './config.ts';
import { type About, agentState } from './report/agent-state.ts';
import type { Metrics } from './report/metrics.ts';
import type { ProbeState } from './report/state.ts';
import type { Parts, Ticker } from './tick.ts';

/** What listens while the privileges are still there; it answers 503 until the agent runs. */
export class Front {
  #agent: { readonly about: About; readonly parts: Parts; readonly ticker: Ticker } | null = null;
  readonly #metrics: Metrics;
  readonly #open: Serving[] = [];
  #workerUp = true;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  async listen(config: AgentConfig, log: Log): Promise<void> {
    const failed = (error: unknown): void => log.warn({ error }, 'Failed to answer a request');
    if (config.metrics !== null) this.#open.push(await serve(config.metrics, this.#outside(), failed));
    this.#open.push(await serve({ socket: config.socket, mode: 0o600 }, this.#inside(), failed));
  }

  /** Of /metrics and /healthz; null where they are off. */
  get port(): number | null {
    return this.#open[0]?.port ?? null;
  }

  show(about: About, parts: Parts, ticker: Ticker): void {
    this.#agent = { about, parts, ticker };
  }

  workerGone(): void {
    this.#workerUp = false;
    this.#metrics.workerGone();
  }

  close(): void {
    for (const serving of this.#open) serving.close();
  }

  #outside(): Routes {
    return {
      '/metrics': async () => ({ status: 200, type: this.#metrics.type, body: await this.#metrics.text() }),
      '/healthz': () => this.#health(),
    };
  }

  /** The unix socket is the owner's alone: only here are containers named. */
  #inside(): Routes {
    return {
      ...this.#outside(),
      '/state': () => {
        const agent = this.#agent;
        return agent === null ? plain(503, 'starting\n') : json(agentState(agent.about, agent.parts, agent.ticker));
      },
      // Its worker takes one agent at a time, so who wants to know what that may do asks here.
      '/probe': async () => (this.#agent === null ? plain(503, 'starting\n') : json(await probed(this.#agent.parts))),
    };
  }

  #health() {
    if (!this.#workerUp) return plain(503, 'WorkerGone\n');
    if (this.#agent === null) return plain(503, 'starting\n');
    const { parts, ticker } = this.#agent;
    const silent = performance.now() - ticker.lastTick;
    const late = silent > 3 * parts.config.periodSeconds * 1000 + 5000;
    return late ? plain(503, `no tick for ${Math.round(silent / 1000)} s\n`) : plain(200, 'ok\n');
  }
}

async function probed({ worker }: Parts): Promise<ProbeState> {
  const { capabilities, features } = worker.hello;
  return { capabilities, features, advice: await worker.probe() };
}

export type End = 'Signal' | 'WorkerGone';

/** Ticks until `stop` settles or the worker is away; then ends every pass between two chunks. */
export async function runAgent(parts: Parts, ticker: Ticker, stop: Promise<void>): Promise<End> {
  const { config } = parts;
  const slow = () => guarded(parts, () => ticker.slow());
  slow();
  const timers = [
    setInterval(slow, config.periodSeconds * 1000),
    setInterval(() => guarded(parts, () => ticker.wake()), config.wakePeriodMillis),
  ];
  const end = await Promise.race([
    stop.then(() => 'Signal' as const),
    parts.worker.gone.then(() => 'WorkerGone' as const),
  ]);
  for (const timer of timers) clearInterval(timer);
  await ticker.passes.close();
  ticker.save();
  return end;
}

/** One tick that fails is counted and logged: the next one looks again. */
function guarded({ log, metrics }: Parts, tick: () => void): void {
  try {
    tick();
  } catch (error) {
    metrics.tickFailed();
    log.error({ error }, 'Failed to tick');
  }
}
