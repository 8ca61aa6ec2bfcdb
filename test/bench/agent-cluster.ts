/** What the agent costs in a cluster: the same load as agent.ts, its orders from a real API server, in-cluster credentials. */

import { TestNode } from '../controlplane/agent/node.ts';
import { mib, profile, TestPod } from '../controlplane/agent/spec.ts';
import { withControlPlane } from '../controlplane/control-plane.ts';
import { withSwap } from '../kernel/swap.ts';
import { children, containers, cost, costFigures } from './agent.ts';
import type { Figure } from './figures.ts';

const patient = profile({
  idle: { windowSeconds: 20, maxCPUMillicores: 50, declared: 'Honor', minPodAgeSeconds: 0 },
  steps: [{ advice: 'PageOut', afterIdleSeconds: 10, ranges: 'KeepHot' }],
});

export async function agentInCluster(seconds: number): Promise<Figure[]> {
  return await withControlPlane(async (plane) => {
    const node = await TestNode.make(plane, 'bench');
    await using stack = new AsyncDisposableStack();
    const pods: TestPod[] = [];
    for (let index = 0; index < containers; index++) pods.push(stack.use(await TestPod.start(16 * mib, children)));
    await node.advise({ profiles: [patient], pods: pods.map((pod) => pod.entry()) });
    return await withSwap({ kind: 'zram', bytes: 4 * 2 ** 30 }, async () => {
      await using agent = node.startAgent('--period', '10');
      const detail = `${containers} containers, ${containers * (children + 1)} processes, ${seconds} s, period 10 s, every container paged out before, an API server watched and reported to`;
      return costFigures('agent in cluster', await cost(agent, seconds), detail);
    });
  });
}
