/** Writes Events. One that is told again grows in number instead of being made a second time; a failure loses it. */
import type { Clock } from '../kube/clock.ts';
import { isKubeError } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import { createObject, type Requests } from '../kube/objects.ts';
import { type Place, pathOf, type Resource } from '../kube/resource.ts';
import { eventObject, microTime, type PolicyEvent } from './events.ts';
import type { Metrics } from './metrics.ts';
import type { PolicyObject } from './policy-object.ts';
import { countAt, fieldsAt } from './raw.ts';

const events: Resource = { group: 'events.k8s.io', version: 'v1', plural: 'events' };

export interface AnnouncerParts {
  readonly connection: Requests;
  readonly clock: Clock;
  /** Of this process. */
  readonly instance?: string;
  readonly log: Pick<Log, 'warn'>;
  readonly metrics: Pick<Metrics, 'reported' | 'reportFailed'>;
}

export class Announcer {
  readonly #parts: AnnouncerParts;

  constructor(parts: AnnouncerParts) {
    this.#parts = parts;
  }

  /** Never rejects but when aborted: a status stands whether its Event could be written or not. */
  async announce(object: PolicyObject, told: readonly PolicyEvent[], signal: AbortSignal): Promise<void> {
    const { log, metrics } = this.#parts;
    for (const event of told) {
      try {
        await this.#write(object, event, signal);
        metrics.reported('Event');
      } catch (error) {
        if (!isKubeError(error)) throw error;
        metrics.reportFailed('Event', error.code);
        log.warn({ reason: error.code, error }, 'Failed to write an Event');
      }
    }
  }

  async #write(object: PolicyObject, event: PolicyEvent, signal: AbortSignal): Promise<void> {
    const { connection, clock, instance = 'ebb-operator' } = this.#parts;
    const body = eventObject(object, event, clock.date(), instance);
    try {
      await createObject(connection, events, body, { signal });
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error;
      // Nobody gave the right to read Events; a patch that changes nothing answers with what is there.
      const there = await this.#patch(body.metadata, {}, signal);
      const count = (countAt(fieldsAt(there, 'series'), 'count') ?? 1) + 1;
      await this.#patch(body.metadata, { series: { count, lastObservedTime: microTime(clock.date()) } }, signal);
    }
  }

  #patch(place: Place, body: object, signal: AbortSignal): Promise<unknown> {
    const contentType = 'application/merge-patch+json';
    return this.#parts.connection.request({ method: 'PATCH', path: pathOf(events, place), contentType, body, signal });
  }
}
