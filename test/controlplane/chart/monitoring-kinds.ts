/** The kinds of the Prometheus operator, as they lie in its own Go module, on a control plane. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ControlPlane } from '../control-plane.ts';
import { served } from '../crds.ts';
import { moduleFolder } from '../go-set.ts';

const module = 'github.com/prometheus-operator/prometheus-operator';
const wanted = ['servicemonitors', 'podmonitors', 'prometheusrules'];

export async function installMonitoringKinds(plane: ControlPlane): Promise<void> {
  const folder = join(await fetched(), 'example/prometheus-operator-crd');
  const files = wanted.map((name) => `-f=${join(folder, `monitoring.coreos.com_${name}.yaml`)}`);
  await plane.kubectlOk(['apply', '--server-side', ...files]);
  await served(plane, wanted);
}

/** In Go's own cache; what it says is held to our go.sum. */
async function fetched(): Promise<string> {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTOOLCHAIN: 'local' };
  const words = ['mod', 'download', '-json', module];
  const { stdout } = await promisify(execFile)('go', words, { cwd: moduleFolder('monitoring'), env });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
