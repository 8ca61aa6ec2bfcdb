/**
 * What an operator does while it leads: the loop that keeps the objects of nodes as planned, and the statuses of policies
 * made from what comes back. Wiring only.
 */
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import type { Requests } from '../kube/objects.ts';
import type { OperatorConfig } from './config.ts';
import type { LeftOut } from './left-out.ts';
import { Loop } from './loop.ts';
import type { Metrics } from './metrics.ts';
import { Reports } from './reports.ts';
import type { Situation } from './situation.ts';
import { valuesOf, type Watching } from './watching.ts';

export interface TermParts {
  readonly config: OperatorConfig;
  /** Guarded: nothing is sent once the lead is lost. */
  readonly connection: Requests;
  readonly watching: Watching;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class Term {
  readonly loop: Loop;
  readonly #parts: TermParts;
  readonly #reports: Reports;

  constructor(parts: TermParts) {
    const { config, connection, clock, log, metrics } = parts;
    this.#parts = parts;
    const intervalMillis = config.statusSeconds * 1000;
    const situation = (): Situation => this.#situation();
    this.#reports = new Reports({ connection, clock, log, metrics, intervalMillis, situation });
    const settings = { ownNamespace: config.namespace };
    const { writesPerSecond } = config;
    this.loop = new Loop({
      ...parts,
      settings,
      writesPerSecond,
      fold: (report) => this.#reports.fold(report),
      rolled: () => this.#reports.hurry(),
    });
  }

  async run(term: AbortSignal): Promise<void> {
    // The loop folds into reports: they come first.
    await Promise.all([this.#reports.run(term), this.loop.run(term)]);
  }

  #situation(): Situation {
    const { watching } = this.#parts;
    return {
      policies: [...watching.policyObjects, ...valuesOf(watching.limits)],
      plan: this.loop.plan,
      reports: valuesOf(watching.reports),
      unprogrammable: outdated(this.loop.leftOut),
      rollouts: this.loop.rollouts,
    };
  }
}

/** By the UID of the policy: what is said of one node stands for all. */
function outdated(leftOut: readonly LeftOut[]): Situation['unprogrammable'] {
  return new Map(
    leftOut.map(({ policy, effect, message }) => {
      const meanwhile = effect === 'DryRun' ? 'it only says what it would do: ' : '';
      return [policy.uid, { reason: 'CRDOutdated', message: `${meanwhile}${message}` }];
    }),
  );
}
