/** Each role may do what it is for and nothing else: its rules as the API server reckons them, and what it refuses. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { connect } from '../../../kube/connect.ts';
import type { Call, Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { type Installed, installAccess, ownNamespace } from './installed.ts';

let plane: ControlPlane;
let installed: Installed;
/** An account that nothing is bound to. */
let nobody: Connection;
const open: Connection[] = [];

before(async () => {
  plane = await startControlPlane();
  installed = await installAccess(plane);
  await plane.kubectlOk(['create', 'serviceaccount', 'nobody', '-n', 'default']);
  nobody = await connected(plane.kubeconfigWithToken(await plane.token('default', 'nobody')));
});
after(async () => {
  for (const connection of open) connection[Symbol.dispose]();
  await plane?.stop();
});

async function connected(kubeconfig: string): Promise<Connection> {
  const connection = await connect({ kubeconfig });
  open.push(connection);
  return connection;
}

/** A person who has that role in that namespace, or everywhere. */
async function person(clusterRole: string, namespace?: string): Promise<Connection> {
  const user = `${clusterRole}-${namespace ?? 'everywhere'}`;
  const [kind, where] = namespace ? ['rolebinding', ['-n', namespace]] : ['clusterrolebinding', []];
  await plane.kubectlOk(['create', kind!, user, ...where!, `--clusterrole=${clusterRole}`, `--user=${user}`]);
  return await connected(plane.kubeconfigOf({ user, groups: [] }));
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `group/resource(/subresource) name: verbs`, a line each. */
async function rightsOf(connection: Connection, namespace: string): Promise<string[]> {
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const { status } = (await connection.request({ method: 'POST', path, body })) as {
    status: { incomplete: boolean; resourceRules: ResourceRule[] };
  };
  const verbs = new Map<string, Set<string>>();
  for (const rule of status.resourceRules)
    for (const what of named(rule)) verbs.set(what, new Set([...(verbs.get(what) ?? []), ...rule.verbs]));
  return [...verbs].map(([what, all]) => `${what}: ${[...all].sort().join(' ')}`).sort();
}

function named({ apiGroups, resources, resourceNames = [] }: ResourceRule): string[] {
  const of = (group: string, resource: string) => (group === '' ? resource : `${group}/${resource}`);
  const kinds = apiGroups.flatMap((group) => resources.map((resource) => of(group, resource)));
  return kinds.flatMap((kind) =>
    resourceNames.length === 0 ? [kind] : resourceNames.map((name) => `${kind} ${name}`),
  );
}

/** What every user and every account may do, such as asking this, depends on the server's version and is no matter here. */
async function hasRights(connection: Connection, namespace: string, expected: readonly string[]): Promise<void> {
  const everybodys = new Set(await rightsOf(nobody, namespace));
  const rights = await rightsOf(connection, namespace);
  assert.deepEqual(
    rights.filter((right) => !everybodys.has(right)),
    [...expected].sort(),
  );
}

const crd = 'apiextensions.k8s.io/customresourcedefinitions';
const operatorRights = [
  'namespaces: list watch',
  'nodes: list watch',
  'pods: list watch',
  'ebb.dev/memoryadvicepolicies: get list watch',
  'ebb.dev/memoryadvicepolicies/status: patch',
  'ebb.dev/clustermemoryadvicepolicies: create get list watch',
  'ebb.dev/clustermemoryadvicepolicies/status: patch',
  'ebb.dev/memoryadvicelimits: get list watch',
  'ebb.dev/memoryadvicelimits/status: patch',
  'ebb.dev/nodememoryadvices: create delete list patch watch',
  `${crd} nodememoryadvices.ebb.dev: list watch`,
  'events.k8s.io/events: create patch',
];

test('the operator has these rights', async () => {
  const operator = await connected(await installed.operator());
  await hasRights(operator, 'default', operatorRights);
  await hasRights(operator, ownNamespace, [
    ...operatorRights,
    'coordination.k8s.io/leases: create',
    'coordination.k8s.io/leases ebb-operator: get update',
  ]);
});

const agentRights = ['ebb.dev/nodememoryadvices: list watch', 'ebb.dev/nodememoryadvices/status: patch'];

test('an agent has these rights', async () => {
  const agent = await connected(await installed.agent('node-1'));
  await hasRights(agent, 'default', agentRights);
  await hasRights(agent, ownNamespace, [...agentRights, 'configmaps ebb-switch: list watch']);
});

const all = 'create delete get list patch update watch';

test('a policy editor has these rights, in its namespace and nowhere else', async () => {
  const editor = await person('ebb-policy-editor', 'default');
  await hasRights(editor, 'default', [`ebb.dev/memoryadvicepolicies: ${all}`]);
  await hasRights(editor, ownNamespace, []);
});

test('a cluster policy editor has these rights', async () => {
  await hasRights(await person('ebb-cluster-policy-editor'), 'default', [
    `ebb.dev/clustermemoryadvicepolicies: ${all}`,
    `ebb.dev/memoryadvicelimits: ${all}`,
    'ebb.dev/memoryadvicepolicies: get list watch',
    'ebb.dev/nodememoryadvices: get list watch',
  ]);
});

const viewerRights = [
  'ebb.dev/memoryadvicepolicies: get list watch',
  'ebb.dev/clustermemoryadvicepolicies: get list watch',
  'ebb.dev/memoryadvicelimits: get list watch',
  'ebb.dev/nodememoryadvices: get list watch',
  'pods: get list watch',
  'namespaces: get list watch',
  'coordination.k8s.io/leases ebb-operator: get',
  'apps/deployments ebb-operator: get',
  'apps/daemonsets ebb-node-agent: get',
];

test('who looks at Ebb has these rights, and who steers it two more', async () => {
  await hasRights(await person('ebb-viewer'), ownNamespace, [
    ...viewerRights,
    'nodes: get list watch',
    'configmaps ebb-switch: get list',
  ]);
  await hasRights(await person('ebb-admin'), ownNamespace, [
    ...viewerRights,
    'nodes: get list patch watch',
    'configmaps ebb-switch: get list patch',
  ]);
});

test('only what reads the policies of a namespace is added to view, and nothing to edit or admin', async () => {
  await hasRights(await person('ebb-view', 'default'), 'default', ['ebb.dev/memoryadvicepolicies: get list watch']);
  const roles = JSON.parse(await plane.kubectlOk(['get', 'clusterroles', '-o', 'json'])) as {
    items: { metadata: { name: string; labels?: Record<string, string> }; aggregationRule?: Aggregation }[];
  };
  const ours = roles.items.filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of'] === 'ebb');
  assert.equal(ours.length, 7);
  const added = ['view', 'edit', 'admin'].map((name) => {
    const { aggregationRule } = roles.items.find(({ metadata }) => metadata.name === name)!;
    const [selector] = aggregationRule!.clusterRoleSelectors;
    const [[label, value]] = Object.entries(selector!.matchLabels) as [[string, string]];
    return ours.filter(({ metadata }) => metadata.labels![label] === value).map(({ metadata }) => metadata.name);
  });
  assert.deepEqual(added, [['ebb-view'], [], []]);
});

interface Aggregation {
  readonly clusterRoleSelectors: readonly { readonly matchLabels: Readonly<Record<string, string>> }[];
}

async function refuses(connection: Connection, calls: readonly (readonly [Call['method'], string])[]): Promise<void> {
  for (const [method, path] of calls) {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : undefined;
    const tried = connection.request({ method, path, body, contentType });
    await assert.rejects(tried, (error) => isKubeError(error, 'Forbidden'), `${method} ${path}`);
  }
}

const ebb = '/apis/ebb.dev/v1alpha1';

test('an agent can read no pods, nodes, policies, secrets and other ConfigMaps, and write nothing else', async () => {
  await refuses(await connected(await installed.agent('node-1')), [
    ['GET', '/api/v1/pods'],
    ['GET', `/api/v1/namespaces/${ownNamespace}/pods`],
    ['GET', `/api/v1/namespaces/${ownNamespace}/pods/ebb-agent-node-1`],
    ['GET', '/api/v1/nodes'],
    ['GET', '/api/v1/nodes/node-1'],
    ['GET', '/api/v1/namespaces'],
    ['GET', `/api/v1/namespaces/${ownNamespace}/secrets`],
    ['GET', `/api/v1/namespaces/${ownNamespace}/configmaps`],
    ['GET', `/api/v1/namespaces/${ownNamespace}/configmaps/other`],
    ['GET', '/api/v1/namespaces/default/configmaps/ebb-switch'],
    ['PATCH', `/api/v1/namespaces/${ownNamespace}/configmaps/ebb-switch`],
    ['GET', `${ebb}/memoryadvicepolicies`],
    ['GET', `${ebb}/clustermemoryadvicepolicies`],
    ['GET', `${ebb}/memoryadvicelimits`],
    ['POST', `${ebb}/nodememoryadvices`],
    ['PATCH', `${ebb}/nodememoryadvices/node-1`],
    ['DELETE', `${ebb}/nodememoryadvices/node-1`],
    ['PUT', `${ebb}/nodememoryadvices/node-1/status`],
    ['POST', `/api/v1/namespaces/${ownNamespace}/serviceaccounts/ebb-agent/token`],
    ['POST', '/apis/events.k8s.io/v1/namespaces/default/events'],
    ['GET', `/apis/coordination.k8s.io/v1/namespaces/${ownNamespace}/leases/ebb-operator`],
  ]);
});

test('the operator can write no pods, nodes and policies, read no secrets, and report nothing in an agent’s name', async () => {
  await refuses(await connected(await installed.operator()), [
    ['DELETE', '/api/v1/namespaces/default/pods/any'],
    ['PATCH', '/api/v1/namespaces/default/pods/any'],
    ['POST', '/api/v1/namespaces/default/pods/any/eviction'],
    ['PATCH', '/api/v1/nodes/node-1'],
    ['PATCH', '/api/v1/nodes/node-1/status'],
    ['PATCH', '/api/v1/namespaces/default'],
    ['GET', '/api/v1/secrets'],
    ['GET', `/api/v1/namespaces/${ownNamespace}/configmaps/ebb-switch`],
    ['PATCH', `${ebb}/nodememoryadvices/node-1/status`],
    ['DELETE', `${ebb}/nodememoryadvices`],
    ['PATCH', `${ebb}/clustermemoryadvicepolicies/ebb-default`],
    ['DELETE', `${ebb}/clustermemoryadvicepolicies/ebb-default`],
    ['POST', `${ebb}/namespaces/default/memoryadvicepolicies`],
    ['PATCH', `${ebb}/namespaces/default/memoryadvicepolicies/any`],
    ['PATCH', `${ebb}/memoryadvicelimits/any`],
    ['GET', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
    ['PATCH', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/nodememoryadvices.ebb.dev'],
    ['GET', `/apis/coordination.k8s.io/v1/namespaces/${ownNamespace}/leases`],
    ['GET', `/apis/coordination.k8s.io/v1/namespaces/${ownNamespace}/leases/other`],
    ['POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases'],
    ['POST', `/api/v1/namespaces/${ownNamespace}/serviceaccounts/ebb-agent/token`],
  ]);
});

test('a policy editor writes no status, no policy elsewhere and none of the cluster', async () => {
  const policies = (namespace: string) => `${ebb}/namespaces/${namespace}/memoryadvicepolicies`;
  await refuses(await person('ebb-policy-editor', 'kube-public'), [
    ['PATCH', `${policies('kube-public')}/any/status`],
    ['DELETE', policies('kube-public')],
    ['POST', policies('default')],
    ['GET', `${ebb}/memoryadvicepolicies`],
    ['POST', `${ebb}/clustermemoryadvicepolicies`],
    ['POST', `${ebb}/memoryadvicelimits`],
    ['GET', `${ebb}/nodememoryadvices/node-1`],
    ['PATCH', '/api/v1/namespaces/kube-public'],
  ]);
});

test('who looks at Ebb reads no Secrets and writes nothing, and who steers it writes the switch and nodes alone', async () => {
  const switchPath = `/api/v1/namespaces/${ownNamespace}/configmaps/ebb-switch`;
  const both: [Call['method'], string][] = [
    ['GET', `/api/v1/namespaces/${ownNamespace}/secrets`],
    ['GET', `/api/v1/namespaces/${ownNamespace}/configmaps/other`],
    ['POST', `/api/v1/namespaces/${ownNamespace}/configmaps`],
    ['PATCH', `/api/v1/namespaces/${ownNamespace}/configmaps/other`],
    ['DELETE', switchPath],
    ['PATCH', '/api/v1/nodes/node-1/status'],
    ['DELETE', '/api/v1/nodes/node-1'],
    ['PATCH', '/api/v1/namespaces/default/pods/any'],
    ['PATCH', `${ebb}/namespaces/default/memoryadvicepolicies/any`],
    ['PATCH', `${ebb}/clustermemoryadvicepolicies/any`],
    ['PATCH', `${ebb}/nodememoryadvices/node-1`],
    ['PATCH', `/apis/apps/v1/namespaces/${ownNamespace}/daemonsets/ebb-node-agent`],
    ['GET', `/apis/apps/v1/namespaces/${ownNamespace}/deployments/other`],
  ];
  await refuses(await connected(plane.kubeconfigOf({ user: 'ebb-admin-everywhere', groups: [] })), both);
  await refuses(await connected(plane.kubeconfigOf({ user: 'ebb-viewer-everywhere', groups: [] })), [
    ...both,
    ['PATCH', switchPath],
    ['PATCH', '/api/v1/nodes/node-1'],
  ]);
});
