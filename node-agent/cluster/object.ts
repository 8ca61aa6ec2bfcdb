/** The object of the node as the list-watch keeps it: decoded, and what its status says of the agent before this one. */
import { decodeNodeSpec } from '../../api/decode-node.ts';
import { windowMeaning } from '../../api/schedule.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { type Seed, seedOf } from './seed.ts';

export interface NodeObject {
  readonly uid: string;
  readonly generation: number;
  readonly decoded: ReturnType<typeof decodeNodeSpec>;
  readonly seed: Seed;
}

/** Our own reports come back as changes of an object whose spec is still the same: that one is not decoded again. */
export function nodeObjectReader(): (object: KubeObject) => NodeObject {
  let last: NodeObject | null = null;
  return ({ metadata, spec, status }) => {
    const uid = metadata.uid ?? '';
    const generation = typeof metadata['generation'] === 'number' ? metadata['generation'] : 0;
    const same = last?.uid === uid && last.generation === generation;
    const decoded = same ? last!.decoded : decodeNodeSpec(spec, windowMeaning);
    last = { uid, generation, decoded, seed: seedOf(status) };
    return last;
  };
}
