/** Ebb as its chart installs it, the operators in one pool. kwok runs none of the programs: one operator runs beside. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { chartFolder, helmOk } from '../../controlplane/helm.ts';

/** What the pods are labelled with. */
export const operatorApp = 'operator';
export const agentApp = 'node-agent';

export async function installEbb({ folder, kubeconfig }: ControlPlane, pool: string): Promise<void> {
  const values = join(folder, 'values.json');
  writeFileSync(values, JSON.stringify({ operator: { nodeSelector: { 'karpenter.sh/nodepool': pool } } }));
  await helmOk(['install', 'ebb', chartFolder, '--values', values], { kubeconfig, home: join(folder, 'helm') });
}
