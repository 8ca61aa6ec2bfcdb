/**
 * The operator and the list-watch on a real API server with bulk-made nodes and pods; no kubelet, no rights, but the
 * binaries of test/controlplane.
 */
import { installAccess } from '../controlplane/access/installed.ts';
import { type ControlPlane, withControlPlane } from '../controlplane/control-plane.ts';
import { agentFigures } from './cluster/agents.ts';
import { listWatchFigures } from './cluster/list-watch.ts';
import { type Cluster, operatorFigures } from './cluster/operator.ts';
import { Population, type Size } from './cluster/population.ts';
import type { Figure } from './figures.ts';

const small: Size = { nodes: 100, pods: 10_000 };
const medium: Size = { nodes: 1000, pods: 30_000 };
const large: Size = { nodes: 5000, pods: 150_000 };
const seconds = 30;

/** `perSecond`: changes. `withLarge`: follows 150,000 pods too. */
export async function cluster(perSecond: number, withLarge: boolean): Promise<Figure[]> {
  return [
    ...(await populated(small, (each) => operatorFigures(each, perSecond, seconds))),
    ...(await populated(medium, async (each) => [
      ...(await listWatchFigures(each.plane.kubeconfig, medium.pods)),
      ...(await operatorFigures(each, perSecond, seconds)),
    ])),
    ...(await withControlPlane(statuses)),
    ...(withLarge ? await populated(large, ({ plane }) => listWatchFigures(plane.kubeconfig, large.pods)) : []),
  ];
}

async function statuses(plane: ControlPlane): Promise<Figure[]> {
  await installAccess(plane);
  return await agentFigures(plane, 2 * seconds, 300);
}

function populated<T>(size: Size, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  return withControlPlane(async (plane) => {
    const installed = await installAccess(plane);
    using population = await Population.connect(plane);
    await population.namespaces();
    await population.policies();
    await population.nodes(size.nodes);
    const pods = await population.pods(size);
    return await use({ plane, installed, population, size, pods });
  });
}
