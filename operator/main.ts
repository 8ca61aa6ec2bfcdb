/**
 * The operator's life: connects, keeps the cluster in sight, waits for the lead, and while it has it plans and writes. Wiring
 * only. Every replica watches, so that the one that takes over plans at once.
 */
import { realClock } from '../kube/clock.ts';
import { connect } from '../kube/connect.ts';
import type { Connection } from '../kube/connection.ts';
import type { KubeError } from '../kube/errors.ts';
import { Election } from '../kube/lease.ts';
import { type Log, openLog } from '../kube/log.ts';
import { plain, type Routes, type Serving, serve } from '../kube/serve.ts';
import { conditionCensus, nodeCensus } from './census.ts';
import type { OperatorConfig } from './config.ts';
import { makeDefaultPolicy } from './default-policy.ts';
import { type Facts, Metrics } from './metrics.ts';
import { Term } from './term.ts';
import { valuesOf, Watching } from './watching.ts';

export const leaseName = 'ebb-operator';

/** A request that hangs must not keep the operator from ending. */
const endMillis = 8000;

/** Runs until SIGTERM or SIGINT; then it has let the lead go. */
export async function startOperator(config: OperatorConfig, version: string): Promise<void> {
  const log = openLog(config.logLevel);
  const stop = stopSignal(log);
  const kubeconfig = config.kubeconfig ?? undefined;
  using connection = await connect({ kubeconfig, userAgent: `ebb-operator/${version}` });
  const operator = new Operator(config, version, connection, log);
  const serving = await operator.listen();
  try {
    await operator.run(stop);
  } finally {
    serving?.close();
  }
  log.info('Stopped operator');
}

function stopSignal(log: Log): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'Stopping operator');
      setTimeout(() => process.exit(0), endMillis).unref();
      stop.abort();
    });
  }
  return stop.signal;
}

class Operator {
  readonly #config: OperatorConfig;
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #watching: Watching;
  readonly #election: Election;
  #term: Term | null = null;

  constructor(config: OperatorConfig, version: string, connection: Connection, log: Log) {
    this.#config = config;
    this.#connection = connection;
    this.#log = log;
    const metrics = new Metrics(version, () => this.#facts(), {
      nodes: () => nodeCensus(valuesOf(this.#watching.reports), Date.now()),
      conditions: () => conditionCensus(this.#watching.policyObjects),
    });
    this.#metrics = metrics;
    this.#watching = new Watching(connection, {
      agentNodeSelector: config.agentNodeSelector,
      failed: (watched, error) => {
        metrics.watchFailed(watched, error.code);
        log.warn({ resource: watched, reason: error.code, error }, 'Failed to watch');
      },
    });
    const failed = (error: KubeError): void => log.warn({ reason: error.code, error }, 'Failed to ask for the lead');
    this.#election = new Election(connection, { namespace: config.namespace, name: leaseName, failed });
  }

  async listen(): Promise<Serving | null> {
    const { metrics } = this.#config;
    const failed = (error: unknown): void => this.#log.warn({ error }, 'Failed to answer a request');
    const serving = metrics && (await serve(metrics, this.#routes(), failed));
    this.#log.info({ port: serving?.port ?? null, identity: this.#election.identity }, 'Started operator');
    return serving;
  }

  /** What breaks in one part ends all of them: the process then ends with an error, and another leads. */
  async run(stop: AbortSignal): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([stop, broken.signal]);
    const parts = [this.#watching.run(signal), this.#stand(signal)];
    try {
      await Promise.race(parts);
    } finally {
      broken.abort();
      await Promise.allSettled(parts);
    }
  }

  /** A candidate that knows nothing yet is no use as a leader. */
  async #stand(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([this.#watching.synced, aborted]);
    if (signal.aborted) return;
    this.#log.info(Object.fromEntries(this.#watching.sizes), 'Watching the cluster');
    await this.#election.run((term) => this.#lead(term), signal);
  }

  async #lead(term: AbortSignal): Promise<void> {
    const { namespace, defaultPolicy } = this.#config;
    const log = this.#log;
    const connection = this.#election.guarded(this.#connection);
    const parts = { config: this.#config, connection, watching: this.#watching, clock: realClock, log };
    log.info('Leading');
    const behind = await this.#watching.catchUp(realClock, term);
    if (behind.length > 0 && !term.aborted) log.warn({ resources: behind }, 'Planning with what was known before');
    this.#term = new Term({ ...parts, metrics: this.#metrics });
    const lease = { namespace, name: leaseName };
    const ended = new AbortController();
    const until = AbortSignal.any([term, ended.signal]);
    const made = defaultPolicy ? makeDefaultPolicy({ connection, lease, clock: realClock, log }, until) : null;
    try {
      await this.#term.run(term);
    } finally {
      ended.abort();
      await made;
      this.#term = null;
      log.info('Leading no more');
    }
  }

  #routes(): Routes {
    return {
      '/metrics': async () => ({ status: 200, type: this.#metrics.type, body: await this.#metrics.text() }),
      '/healthz': () => plain(200, 'ok\n'),
      '/readyz': () => (this.#watching.isSynced ? plain(200, 'ok\n') : plain(503, `waits for ${this.#waitsFor()}\n`)),
    };
  }

  #waitsFor(): string {
    const missing = this.#watching.all.filter(([, { store }]) => !store.synced);
    return missing.map(([name, { trouble }]) => (trouble ? `${name} (${trouble.code})` : name)).join(', ');
  }

  #facts(): Facts {
    const silent = this.#watching.all.map(([, { silentMillis }]) => silentMillis ?? 0);
    return {
      leads: this.#election.isLeader(),
      synced: this.#watching.isSynced,
      backlog: this.#term?.loop.backlog ?? 0,
      omittedPods: this.#term?.loop.omittedPods ?? 0,
      objects: this.#watching.sizes,
      silentSeconds: Math.max(...silent) / 1000,
    };
  }
}
