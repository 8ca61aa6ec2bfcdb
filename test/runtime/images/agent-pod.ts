/** The node agent's pod of the chart, with the images of this tree, standing alone: one policy from a file, for every pod. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loopbackAddress } from '../../controlplane/address.ts';
import { type RunningChartPod, renderPod, startChartPod } from '../chart-pod.ts';
import type { Containerd } from '../containerd.ts';
import { eagerPolicy } from '../eager-policy.ts';

export const images = 'image.registry="localhost"';
export const podIP = loopbackAddress();

const policy = eagerPolicy('images');

/** Of a cluster only, or told by it. */
const ofCluster = /^--stale-spec-seconds=/;

/** `folder`: where it finds its policies and keeps its state; others may look into it. */
export async function startAgentPod(runtime: Containerd, folder: string): Promise<RunningChartPod> {
  const policies = join(folder, 'policies');
  const state = join(folder, 'state');
  for (const each of [policies, state]) mkdirSync(each, { recursive: true });
  writeFileSync(join(policies, 'policy.yaml'), JSON.stringify(policy));
  const root = `agent.cgroupRoot=${JSON.stringify(runtime.cgroupRoot)}`;
  const rendered = await renderPod('ebb-node-agent', [
    images,
    root,
    'agent.periodSeconds=0.5',
    'agent.wakePeriodMillis=200',
  ]);
  // The folder of the policies is where the token would be: the one mount that standing alone changes.
  return startChartPod(runtime, rendered, {
    podIP,
    folders: { state, token: policies },
    args: (name, args) => {
      if (name !== 'agent') return args;
      const token = rendered.containers[0]!.volumeMounts!.find((mount) => mount.name === 'token')!;
      return ['--standalone', `--policies=${token.mountPath}`, ...args.filter((word) => !ofCluster.test(word))];
    },
  });
}
