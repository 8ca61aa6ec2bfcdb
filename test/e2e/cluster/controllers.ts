/** kube-controller-manager and kube-scheduler: what turns a control plane into a cluster. */
import { join } from 'node:path';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { Server } from '../../controlplane/server.ts';
import type { Namespaces } from './namespaces.ts';

export const podNetwork = '10.244.0.0/16';

/** One of each and nobody asks them anything: no election, no port. The API server must be ready. */
export function startControllers(
  sandbox: Pick<Namespaces, 'command'>,
  plane: ControlPlane,
  programs: string,
): Server[] {
  const { pki } = plane;
  const start = (name: string, user: string, flags: readonly string[]) => {
    const kubeconfig = plane.kubeconfigOf({ user });
    const words = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0', ...flags];
    return new Server(...sandbox.command(join(programs, name), words), join(plane.folder, 'log', `${name}.log`));
  };
  const manager = start('kube-controller-manager', 'system:kube-controller-manager', [
    ...['--kube-api-qps=200', '--kube-api-burst=400', '--use-service-account-credentials'],
    `--service-account-private-key-file=${pki.serviceAccounts.key}`,
    `--root-ca-file=${plane.ca}`,
    ...['--allocate-node-cidrs', `--cluster-cidr=${podNetwork}`, '--service-cluster-ip-range=10.96.0.0/16'],
  ]);
  const scheduler = start('kube-scheduler', 'system:kube-scheduler', []);
  return [manager, scheduler];
}
