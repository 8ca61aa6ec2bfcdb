/** Nodes that no agent is for: they get no object, no policy counts them, and no alert misses their reports. Pure. */
import type { TextMap } from './snapshot.ts';

/** Label and value. The DaemonSet keeps away from the same, by its affinity (charts/ebb). */
export const agentless: TextMap = {
  'kubernetes.io/os': 'windows',
  'eks.amazonaws.com/compute-type': 'fargate',
  type: 'virtual-kubelet',
};

/** There are images for these. */
export const machines: readonly string[] = ['amd64', 'arm64'];

/** `wanted`: labels that a node must have, as the DaemonSet’s nodeSelector asks for them. */
export function isAgentless(labels: TextMap, wanted: TextMap = {}): boolean {
  const machine = labels['kubernetes.io/arch'];
  if (machine !== undefined && !machines.includes(machine)) return true;
  if (Object.entries(agentless).some(([label, value]) => labels[label] === value)) return true;
  return Object.entries(wanted).some(([label, value]) => labels[label] !== value);
}
