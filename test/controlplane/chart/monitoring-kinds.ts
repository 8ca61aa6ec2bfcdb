/** The kinds of the Prometheus operator, as they lie in its own Go module, on a control plane. */
import { join } from 'node:path';
import type { ControlPlane } from '../control-plane.ts';
import { served } from '../crds.ts';
import { goSource } from '../go.ts';
import { moduleFolder } from '../go-set.ts';

const module = 'github.com/prometheus-operator/prometheus-operator';
const wanted = ['servicemonitors', 'podmonitors', 'prometheusrules'];

export async function installMonitoringKinds(plane: ControlPlane): Promise<void> {
  const folder = join(await goSource(moduleFolder('monitoring'), module), 'example/prometheus-operator-crd');
  const files = wanted.map((name) => `-f=${join(folder, `monitoring.coreos.com_${name}.yaml`)}`);
  await plane.kubectlOk(['apply', '--server-side', ...files]);
  await served(plane, wanted);
}
