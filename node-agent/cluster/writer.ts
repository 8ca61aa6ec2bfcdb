/**
 * Writes the status of the node's object: asks due.ts at each look, one write at a time, and after a failure waits longer each
 * time. A write that is lost is made up for by the next, since each says all of it.
 */

import type { NodeStatus } from '../../api/node-status.ts';
import { defaultBackoff, retryMillis } from '../../kube/backoff.ts';
import { type Clock, realClock } from '../../kube/clock.ts';
import type { Connection } from '../../kube/connection.ts';
import { asKubeError } from '../../kube/errors.ts';
import type { Log } from '../../kube/log.ts';
import { due, nextLook, type Written } from './due.ts';
import type { ClusterMetrics } from './metrics.ts';
import { nodeAdvices } from './resources.ts';
import type { Seed } from './seed.ts';
import { type Known, statusOf } from './status.ts';
import { StatusSender } from './status-sender.ts';

export interface WriterParts {
  readonly connection: Pick<Connection, 'request'>;
  readonly nodeName: string;
  readonly metrics: Pick<ClusterMetrics, 'wrote'>;
  readonly log: Log;
  readonly clock?: Clock;
}

export class StatusWriter {
  readonly #parts: WriterParts;
  readonly #clock: Clock;
  readonly #sender: StatusSender;
  /** The object that is written to; null: there is none. */
  #uid: string | null = null;
  #before: Seed['conditions'] = [];
  #written: Written | null = null;
  #waitingSince: number | null = null;
  #writing: Promise<void> | null = null;
  #failures = 0;
  #notBefore = 0;
  #nextLook = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? realClock;
    this.#sender = new StatusSender(parts.connection, nodeAdvices, this.#clock);
  }

  /** To another object from here on, whose status says `conditions`. */
  turnTo(uid: string | null, conditions: Seed['conditions']): void {
    if (uid === this.#uid) return;
    this.#uid = uid;
    this.#before = conditions;
    this.#written = null;
    this.#waitingSince = null;
    this.#nextLook = 0;
    this.#failures = 0;
    this.#notBefore = 0;
  }

  /** Begins a write where one is due. `changed`: something other than figures may have, since the last look. */
  look(known: () => Known, changed: boolean): void {
    const now = this.#clock.now();
    if (changed) this.#nextLook = 0;
    if (this.#uid === null || this.#writing !== null || now < Math.max(this.#notBefore, this.#nextLook)) return;
    const status = this.#statusOf(known());
    const { write, waitingSince } = due(status, this.#written, this.#waitingSince, now);
    this.#waitingSince = waitingSince;
    this.#nextLook = nextLook(this.#written, waitingSince);
    if (write) this.#begin(status, this.#uid);
  }

  /** The last word before the end, if there is time for it. */
  async close(known: () => Known, timeoutMillis: number): Promise<void> {
    await this.#writing;
    if (this.#uid === null || this.#written === null) return;
    await this.#write(this.#statusOf(known()), this.#uid, timeoutMillis);
  }

  #statusOf(known: Known): NodeStatus {
    const before = this.#written?.status.conditions ?? this.#before;
    return statusOf(known, before, this.#clock.date());
  }

  #begin(status: NodeStatus, uid: string): void {
    this.#writing = this.#write(status, uid).finally(() => {
      this.#writing = null;
    });
  }

  async #write(status: NodeStatus, uid: string, timeoutMillis?: number): Promise<void> {
    const { nodeName, metrics, log } = this.#parts;
    try {
      await this.#sender.send({ name: nodeName, uid }, status, timeoutMillis);
      if (uid === this.#uid) this.#written = { status, at: this.#clock.now(), chance: this.#clock.random() };
      this.#waitingSince = null;
      // What changed while this one was under way is looked for once more.
      this.#nextLook = 0;
      this.#failures = 0;
      metrics.wrote('Written');
    } catch (cause) {
      const error = asKubeError(cause, 'report');
      this.#failures++;
      this.#nextLook = 0;
      const wait = retryMillis(this.#failures, error.retryAfterMillis, this.#clock.random(), defaultBackoff);
      this.#notBefore = this.#clock.now() + wait;
      metrics.wrote(error.code);
      log.warn({ code: error.code, message: error.message, failures: this.#failures, wait }, 'Failed to report');
    }
  }
}
