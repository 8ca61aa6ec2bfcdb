/** What the plugin reads beside the operator's own resources. */
import type { Resource } from '../../kube/resource.ts';

export { configMaps, switchName } from '../../node-agent/cluster/resources.ts';

export const deployments: Resource = { group: 'apps', version: 'v1', plural: 'deployments' };
export const daemonSets: Resource = { group: 'apps', version: 'v1', plural: 'daemonsets' };
export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
/** Not kubectl-…: Flux takes over and undoes what a manager of such a name wrote. */
export const fieldManager = 'ebb-cli';
/** Its Deployment and its Lease. */
export const operatorName = 'ebb-operator';
export const agentName = 'ebb-node-agent';
