/** Nodes that no agent can run on: they get no object, no policy counts them, and no alert misses their reports. Pure. */
import type { TextMap } from './snapshot.ts';

/** Label and value. The DaemonSet keeps away from the same, by its affinity (charts/ebb). */
export const agentless: TextMap = {
  'kubernetes.io/os': 'windows',
  'eks.amazonaws.com/compute-type': 'fargate',
  type: 'virtual-kubelet',
};

export const isAgentless = (labels: TextMap): boolean =>
  Object.entries(agentless).some(([label, value]) => labels[label] === value);
