/**
 * The network that a cluster has for itself. The nodes' addresses and the one of the Service "kubernetes" are the sandbox's
 * own, so clients in pods reach the API server with no kube-proxy. Nothing in it can reach the machine's network.
 */
import { join } from 'node:path';
import { targetProgram } from '../../targets/target.ts';
import { Namespaces } from './namespaces.ts';

export const serviceAddress = '10.96.0.1';

/** A program that waits and reaps: the first process of namespaces, and the pause image of pods. */
export const pauseProgram = (): string => join(targetProgram(), '../pause');

/** `addresses`: of the nodes. */
export function startSandbox(addresses: readonly string[]): Promise<Namespaces> {
  const own = [serviceAddress, ...addresses].map((address) => `ip address add ${address}/32 dev lo`);
  const script = ['ip link set lo up', ...own, 'echo ready', `exec ${pauseProgram()}`].join('\n');
  return Namespaces.start({ kinds: ['--net', '--ipc', '--uts'], script });
}
