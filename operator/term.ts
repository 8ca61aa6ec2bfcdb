/** What an operator does while it leads: the loop that keeps the objects of nodes as planned. Wiring only. */
import type { Clock } from '../kube/clock.ts';
import type { Log } from '../kube/log.ts';
import type { Requests } from '../kube/objects.ts';
import type { OperatorConfig } from './config.ts';
import { Loop } from './loop.ts';
import type { Metrics } from './metrics.ts';
import type { Watching } from './watching.ts';

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

  constructor(parts: TermParts) {
    const { writesPerSecond, namespace } = parts.config;
    this.loop = new Loop({
      ...parts,
      writesPerSecond,
      settings: { ownNamespace: namespace },
      fold: () => Promise.resolve(),
    });
  }

  async run(term: AbortSignal): Promise<void> {
    await this.loop.run(term);
  }
}
