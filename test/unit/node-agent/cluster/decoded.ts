/** Objects of a node as the list-watch gives them, and containers as discovery does. */
import { type NodeObject, nodeObjectReader } from '../../../../node-agent/cluster/object.ts';
import type { Before } from '../../../../node-agent/decide/resume.ts';
import type { Container } from '../../../../node-agent/observe/container.ts';
import { nodeSpecOf } from '../../../policies/node-advice.ts';

/** Of the Node that nodeSpecOf() is for. */
export const nodeUID = nodeSpecOf(1, 1).nodeUID;
export const objectUID = 'object-1';

export const object = (spec: unknown, generation = 1, uid = objectUID, status?: unknown): NodeObject =>
  nodeObjectReader()({ metadata: { name: 'n', uid, resourceVersion: '1', generation }, spec, status });

export const goodSpec = (change: object = {}) => ({ ...nodeSpecOf(3, 2), ...change });

/** As seedOf() reads it. */
export const beforeOf = (advice: Before['advice']): Before => ({
  advice,
  advisedAt: Date.parse('2026-01-01T00:00:00Z'),
  out: false,
  since: Date.parse('2026-01-01T00:00:00Z'),
  swapBytes: 0,
  peakResidentBytes: 0,
});

export const container = (podUID: string | null, id: string | null): Container => ({
  cgroup: `/kubepods/pod${podUID}/${id}`,
  cgroupInode: 1,
  unifiedCgroup: null,
  nested: [],
  id,
  runtime: 'containerd',
  driver: 'cgroupfs',
  podUID,
  qosClass: 'Burstable',
  pids: [],
});
