/** The pod that a command is asked about, and the node that it is on. */
import { escapeText } from '../../api/escape.ts';
import { readPod } from '../../operator/read.ts';
import { resources } from '../../operator/resources.ts';
import type { Pod } from '../../operator/snapshot.ts';
import { Failed } from '../exit.ts';
import type { Session } from './look.ts';

export type BoundPod = Pod & { readonly node: string };

export async function boundPod({ reader, namespace }: Session, name: string): Promise<BoundPod> {
  const object = await reader.one(resources.pods, { namespace, name });
  if (object === null) {
    throw new Failed(
      `namespace ${escapeText(namespace)} has no pod ${escapeText(name, 253)} (-n NAME names another namespace)`,
    );
  }
  const pod = readPod(object);
  if (pod.node !== null) return { ...pod, node: pod.node };
  throw new Failed(
    `pod ${escapeText(name, 253)} is on no node yet: policies are chosen, and memory is advised, on nodes`,
  );
}
