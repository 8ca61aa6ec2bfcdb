/**
 * Events of a policy: only where its owner has something to do, or has it no more. Made from the conditions that stood in
 * its status and those that take their place, so that a restart repeats none. Pure; reports.ts writes them.
 */
import type { Condition, PolicyCondition } from '../api/conditions.ts';
import { apiVersion } from '../api/policy.ts';
import { hashOf } from './hash.ts';
import type { PolicyObject } from './policy-object.ts';
import { listAt, textAt } from './raw.ts';

export interface PolicyEvent {
  readonly type: 'Normal' | 'Warning';
  readonly condition: PolicyCondition;
  readonly reason: string;
  readonly note: string;
}

interface Seen {
  readonly status: string | null;
  readonly reason: string | null;
}

/** What is the matter, if a condition says so: the same word as long as it is the same matter. */
const matters: Readonly<Record<PolicyCondition, (seen: Seen) => string | null>> = {
  Accepted: ({ status, reason }) => {
    if (status === 'False') return 'Invalid';
    return reason === 'EnforceNotAllowed' ? reason : null;
  },
  Programmed: ({ reason }) => (reason === 'RolloutHalted' ? reason : null),
  Overridden: ({ status }) => (status === 'True' ? 'Overridden' : null),
  Effective: ({ status }) => (status === 'False' ? 'Ineffective' : null),
};

/** `before`: the status that stood there, or none. */
export function eventsOf(before: unknown, after: readonly Condition[]): PolicyEvent[] {
  const seen = new Map(listAt(before, 'conditions').map((one) => [textAt(one, 'type') ?? '', seenIn(one)]));
  return after.flatMap((now) => {
    const condition = now.type as PolicyCondition;
    const was = matters[condition](seen.get(condition) ?? { status: null, reason: null });
    const is = matters[condition](now);
    if (was === is || (is === null && now.status === 'Unknown')) return [];
    return [
      { type: is === null ? 'Normal' : 'Warning', condition, reason: now.reason, note: cut(now.message) } as const,
    ];
  });
}

const seenIn = (condition: unknown): Seen => ({
  status: textAt(condition, 'status'),
  reason: textAt(condition, 'reason'),
});

const maxNoteBytes = 1024;

function cut(message: string): string {
  let note = message;
  while (new TextEncoder().encode(note).length > maxNoteBytes) note = `${note.slice(0, -17)}…`;
  return note;
}

/** A cluster-scoped object has its Events in `default`, as all of Kubernetes does it. */
export const eventNamespace = ({ namespace }: PolicyObject): string => namespace ?? 'default';

/** As events.k8s.io/v1 has it. Told again, the same Event has the same name. */
export function eventObject(object: PolicyObject, event: PolicyEvent, now: Date, instance: string) {
  const { kind, name, uid } = object;
  const suffix = `.${hashOf([uid, event.reason, event.note].join(' '))}`;
  const namespace = eventNamespace(object);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: name.slice(0, maxName - suffix.length) + suffix, namespace },
    eventTime: microTime(now),
    type: event.type,
    reason: event.reason,
    action: event.condition,
    note: event.note,
    regarding: { apiVersion, kind, name, uid, ...(object.namespace !== null && { namespace }) },
    reportingController: 'ebb.dev/operator',
    reportingInstance: instance.slice(0, 128),
  };
}

const maxName = 253;

export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
