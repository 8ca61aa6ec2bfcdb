/**
 * Sends a status whole: by server-side apply, and where the CRD is older and refuses a field that it does not know, by a JSON
 * patch, of which the API server drops that field alone. So a newer agent is heard in the middle of an upgrade.
 */
import { nodeAdviceKind } from '../../api/node-spec.ts';
import type { NodeStatus } from '../../api/node-status.ts';
import { apply } from '../../kube/apply.ts';
import type { Clock } from '../../kube/clock.ts';
import { isKubeError } from '../../kube/errors.ts';
import type { Requests } from '../../kube/objects.ts';
import { pathOf, type Resource } from '../../kube/resource.ts';
import { fieldManager } from './resources.ts';

/** The object of that uid, and no successor of its name. */
export interface Target {
  readonly name: string;
  readonly uid: string;
}

/** A CRD may be brought up to date at any time. */
const oldMillis = 600_000;

export class StatusSender {
  readonly #connection: Requests;
  readonly #resource: Resource;
  readonly #clock: Clock;
  /** Until then the CRD counts as older. */
  #oldUntil = Number.NEGATIVE_INFINITY;

  constructor(connection: Requests, resource: Resource, clock: Clock) {
    this.#connection = connection;
    this.#resource = resource;
    this.#clock = clock;
  }

  /** Rejects with a KubeError. */
  async send(target: Target, status: NodeStatus, timeoutMillis?: number): Promise<void> {
    if (this.#clock.now() >= this.#oldUntil) {
      try {
        return await this.#apply(target, status, timeoutMillis);
      } catch (error) {
        if (!isKubeError(error, 'Invalid')) throw error;
        this.#oldUntil = this.#clock.now() + oldMillis;
      }
    }
    await this.#replace(target, status, timeoutMillis);
  }

  async #apply({ name, uid }: Target, status: NodeStatus, timeoutMillis?: number): Promise<void> {
    const { group, version } = this.#resource;
    const object = { apiVersion: `${group}/${version}`, kind: nodeAdviceKind, metadata: { name, uid }, status };
    const options = { fieldManager, force: true, subresource: 'status', timeoutMillis } as const;
    await apply(this.#connection, this.#resource, object, options);
  }

  /** Of the uid that is meant, or nothing: a patch of the status looks at no other metadata. */
  async #replace({ name, uid }: Target, status: NodeStatus, timeoutMillis?: number): Promise<void> {
    await this.#connection.request({
      method: 'PATCH',
      path: pathOf(this.#resource, { name, subresource: 'status' }),
      query: { fieldManager, fieldValidation: 'Ignore' },
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'add', path: '/status', value: status },
      ],
      timeoutMillis,
    });
  }
}
