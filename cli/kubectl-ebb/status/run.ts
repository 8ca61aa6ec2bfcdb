/** `kubectl ebb status`: reads what the view is made of, each part by itself, since the caller may not see every one. */
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { isKubeError } from '../../../kube/errors.ts';
import type { Place, Resource } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';
import type { Run } from '../../command.ts';
import { Failed } from '../../exit.ts';
import { ebbNamespace } from '../home.ts';
import { look, type Session } from '../look.ts';
import { nodeViewOf } from '../node-view.ts';
import { agentName, configMaps, daemonSets, deployments, leases, operatorName, switchName } from '../resources.ts';
import { explain } from '../rights.ts';
import { switchView } from '../switch/state.ts';
import { showStatus } from './show.ts';
import { type Everything, policySeen, type Seen, statusView } from './view.ts';

export const run: Run = ({ values }) =>
  look(values, async (session) => {
    const view = statusView(await everything(session), Date.now());
    return { view, show: (table) => showStatus(view, table) };
  });

async function everything(session: Session): Promise<Everything> {
  const { reader } = session;
  const namespace = await ebbNamespace(session);
  const own = (resource: Resource, name: string) => {
    const place: Place = { namespace, name };
    return seen(() => reader.one(resource, place));
  };
  const policies = async () => {
    const [namespaced, cluster] = await Promise.all([
      reader.all({ resource: resources.policies }, (object) => policySeen(policyKind, object)),
      reader.all({ resource: resources.clusterPolicies }, (object) => policySeen(clusterPolicyKind, object)),
    ]);
    return [...namespaced, ...cluster];
  };
  const [state, lease, deployment, daemonSet, nodes, all] = await Promise.all([
    seen(async () => switchView(namespace, await reader.one(configMaps, { namespace, name: switchName }))),
    own(leases, operatorName),
    own(deployments, operatorName),
    own(daemonSets, agentName),
    seen(() => reader.all({ resource: resources.nodeAdvices }, nodeViewOf)),
    seen(policies),
  ]);
  const everything = { switch: state, lease, deployment, daemonSet, nodes, policies: all };
  if (Object.values(everything).every((part) => 'refused' in part))
    throw new Failed((state as { refused: string }).refused);
  return everything;
}

/** Refused is one thing that can be shown; whatever else fails, fails all of it. */
async function seen<Value>(read: () => Promise<Value>): Promise<Seen<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return { refused: explain(error)! };
    throw error;
  }
}
