/**
 * The status as it is written: what the agent knows, cut to the room that the object has. Pure.
 */
import type { Condition, NodeCondition } from '../../api/conditions.ts';
import type { ContainerStatus, NodeStatus } from '../../api/node-status.ts';

/** An object may have 256 KiB: the operator leaves this much of it to the status (operator/fit.ts). */
export const maxStatusBytes = 84 * 1024;
/** As the schema says it. */
const maxContainers = 256;

export interface Said {
  readonly type: NodeCondition;
  readonly holds: boolean;
  readonly reason: string;
  readonly message: string;
}

/** All that is reported, in no order and of any size. */
export interface Known extends Pick<NodeStatus, 'agent' | 'node' | 'policies'> {
  /** null: no spec was ever followed. */
  readonly generation: number | null;
  readonly conditions: readonly Said[];
  readonly containers: readonly ContainerStatus[];
}

type Before = readonly Pick<Condition, 'type' | 'status' | 'lastTransitionTime'>[];

/** `before`: the conditions of the last report, whose times hold on while nothing changes. */
export function statusOf(known: Known, before: Before, date: Date): NodeStatus {
  const time = secondsText(date);
  const { generation, agent, node, policies, containers } = known;
  const rest: NodeStatus = {
    ...(generation !== null && { observedGeneration: generation }),
    reportTime: time,
    conditions: known.conditions.map((said) => conditionOf(said, before, time, generation)),
    ...(agent && { agent }),
    ...(node && { node }),
    ...(policies && { policies }),
    containers: [],
    omittedContainers: containers.length,
  };
  const listed = fitting(containers, maxStatusBytes - bytesOf(rest));
  return { ...rest, containers: listed, omittedContainers: containers.length - listed.length };
}

/** The API server keeps times to the second. */
export const secondsText = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

function conditionOf(
  { type, holds, reason, message }: Said,
  before: Before,
  time: string,
  generation: number | null,
): Condition {
  const status = holds ? 'True' : 'False';
  const last = before.find((one) => one.type === type);
  const lastTransitionTime = last?.status === status ? last.lastTransitionTime : time;
  const observed = generation === null ? {} : { observedGeneration: generation };
  return { type, status, ...observed, lastTransitionTime, reason, message: message.slice(0, 1024) };
}

const memoryOf = ({ anonBytes = 0, swapBytes = 0 }: ContainerStatus): number => anonBytes + swapBytes;

/** Those with the most memory first, as many as there is room for. */
function fitting(containers: readonly ContainerStatus[], room: number): ContainerStatus[] {
  const listed: ContainerStatus[] = [];
  let left = room;
  for (const one of containers.toSorted(byMemory)) {
    left -= bytesOf(one) + 1;
    if (left < 0 || listed.length === maxContainers) break;
    listed.push(one);
  }
  return listed;
}

/** A total order: the same containers give the same list. */
function byMemory(a: ContainerStatus, b: ContainerStatus): number {
  return memoryOf(b) - memoryOf(a) || compare(a.podUID, b.podUID) || compare(a.name, b.name);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value));
