/** Nodes that no agent can run on: they get no object, no policy counts them, and no alert misses their reports. Pure. */
import type { TextMap } from './snapshot.ts';

/** Label and value. The DaemonSet keeps away from the same, by its affinity (charts/ebb). */
export const agentless: TextMap = {
  'kubernetes.io/os': 'windows',
  'eks.amazonaws.com/compute-type': 'fargate',
  type: 'virtual-kubelet',
};

/** There are images for these. */
export const machines: readonly string[] = ['amd64', 'arm64'];

export function isAgentless(labels: TextMap): boolean {
  const machine = labels['kubernetes.io/arch'];
  if (machine !== undefined && !machines.includes(machine)) return true;
  return Object.entries(agentless).some(([label, value]) => labels[label] === value);
}
