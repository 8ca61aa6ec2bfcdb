/** What helm makes of the chart for many sets of values is what a real API server takes, and bad values are named. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { chartValues } from '../../../scripts/chart-values.ts';
import { chartFolder } from '../helm.ts';
import { ChartCluster, named, type Rendered } from './chart-cluster.ts';
import { installMonitoringKinds } from './monitoring-kinds.ts';

interface PrometheusRule {
  readonly spec: {
    readonly groups: readonly {
      readonly rules: readonly { readonly annotations: Readonly<Record<string, string>> }[];
    }[];
  };
}

let cluster: ChartCluster;

before(async () => {
  cluster = await ChartCluster.start();
  await installMonitoringKinds(cluster.plane);
  for (const name of ['ebb-system', 'memory']) {
    await cluster.plane.kubectlOk(['create', 'namespace', name]);
    await cluster.plane.kubectlOk(['create', 'serviceaccount', '-n', name, 'ebb-test']);
  }
});
after(async () => await cluster?.[Symbol.asyncDispose]());

const digest = `"sha256:${'0123456789abcdef'.repeat(4)}"`;
const texts = '{"team.example/name":"memory","Plain_1.x":""}';
const everything = [
  ...['monitoring.monitors=true', 'monitoring.rules=true', 'monitoring.dashboard=true', `monitoring.labels=${texts}`],
  'monitoring.runbookUrl="https://git.example/ebb/docs/alerts.md"',
  ...['resourceQuota.enabled=true', 'agent.learnHotRanges=true', 'agent.allowReclaim=true', 'agent.podMetrics=20'],
  ...[
    'agent.cgroupRoot="/kubepods"',
    'agent.maxUnavailable=3',
    'agent.stateFolder="/data/ebb"',
    'agent.periodSeconds=0.5',
  ],
  ...['agent.seLinuxOptions={"type":"spc_t"}', `agent.podLabels=${texts}`, `agent.podAnnotations=${texts}`],
  'agent.worker.appArmorProfile={"type":"Localhost","localhostProfile":"ebb-worker"}',
  ...[
    'agent.nodeSelector={"pool":"web"}',
    'agent.logLevel="debug"',
    'operator.replicas=3',
    'operator.logLevel="trace"',
  ],
  ...[`operator.podLabels=${texts}`, `operator.podAnnotations=${texts}`, 'operator.nodeSelector={"pool":"web"}'],
  'operator.topologyKeys=["kubernetes.io/hostname","topology.kubernetes.io/zone"]',
  'operator.tolerations=[{"key":"dedicated","operator":"Equal","value":"infra","effect":"NoSchedule"}]',
  ...['image.registry="registry.example:5000/mirror/"', 'image.pullSecrets=["one","two"]', 'image.pullPolicy="Always"'],
  ...['operator', 'nodeAgent', 'worker'].map((part) => `image.digests.${part}=${digest}`),
  ...[
    'networkPolicy.metricsNamespaces=["monitoring","other"]',
    'networkPolicy.apiServerCIDRs=["10.0.0.1/32","fd00::/8","::/0","2001:db8:1:2:3:4:5:6/128"]',
  ],
];
const least = [
  ...['namespace.create=false', 'crds.enabled=false', 'operator.replicas=1', 'operator.defaultPolicy=false'],
  ...[
    'operator.priorityClassName=""',
    'agent.priorityClassName=""',
    'agent.tolerations=[]',
    'networkPolicy.enabled=false',
  ],
  ...['operator.resources={}', 'agent.resources={}', 'agent.worker.resources={}', 'access.warnEnforce=false'],
];
/** What an empty value would do, said as helm takes a value away. */
const nothing = [
  ...['image.pullSecrets', 'image.tag', 'image.digests.worker', 'operator.topologyKeys', 'operator.resources'],
  ...['agent.resources', 'agent.worker.resources', 'agent.tolerations', 'agent.nodeSelector', 'agent.podLabels'],
  ...['agent.seLinuxOptions', 'agent.worker.appArmorProfile', 'networkPolicy.apiServerCIDRs', 'monitoring.labels'],
].map((path) => `${path}=null`);
const elsewhere = ['namespace.name="memory"', 'image.tag="v1.2.3"', 'image.registry="localhost"', 'crds.keep=false'];
const flipped = chartValues()
  .filter(({ preset }) => preset === 'true' || preset === 'false')
  .map(({ path, preset }) => [`${path}=${preset === 'false'}`]);
const quantities = [
  'agent.resources={"requests":{"cpu":"50m","memory":"131072Ki"},"limits":{"cpu":"1e-1","memory":".5Gi"}}',
  'operator.resources={"requests":{"cpu":0.5,"memory":"1e+9"},"limits":{"cpu":"+1","memory":"5.G"}}',
  'agent.worker.resources={"requests":{"memory":"9000k"},"limits":{"memory":134217728,"ephemeral-storage":"200M"}}',
];
const sets: readonly (readonly string[])[] = [
  [],
  everything,
  least,
  nothing,
  elsewhere,
  [...everything, ...elsewhere],
  ...flipped,
  quantities,
];

/** Strictly: a field that the server does not know fails, and so does a warning. */
async function taken(objects: readonly Rendered[]): Promise<void> {
  const words = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict', '-f', '-'];
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const { code, out, err } = await cluster.plane.kubectl(words, { input });
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.equal(out.trim().split('\n').length, objects.length);
}

test('helm lint finds nothing', async () => {
  for (const set of [[], everything, least]) {
    const values = set.map((each) => `--set-json=${each}`);
    const { code, out, err } = await cluster.helm('lint', '--strict', chartFolder, ...values);
    assert.equal(code, 0, out + err);
    assert.doesNotMatch(out, /WARN|ERROR/);
  }
});

test(`a real API server takes every object of ${sets.length} sets of values`, async (t) => {
  const seen = new Set<string>();
  const fresh: Rendered[] = [];
  for (const set of sets) {
    const objects = await cluster.render(set);
    assert.equal(new Set(objects.map(named)).size, objects.length, 'each object once');
    for (const object of objects) if (seen.size < seen.add(JSON.stringify(object)).size) fresh.push(object);
  }
  t.diagnostic(`${fresh.length} different objects`);
  await taken(fresh);
});

test('there is no custom resource in the chart: what the operator makes and people write is theirs', async () => {
  const objects = await cluster.render(everything);
  assert.deepEqual(
    objects.filter(({ apiVersion }) => apiVersion.startsWith('ebb.dev/')),
    [],
  );
});

test('everything namespaced is in the namespace of the values, and every object can be found by one label', async () => {
  const objects = await cluster.render([...everything, ...elsewhere]);
  assert.deepEqual([...new Set(objects.map(({ metadata }) => metadata.namespace))].toSorted(), ['memory', undefined]);
  assert.doesNotMatch(JSON.stringify(objects.filter(({ kind }) => kind !== 'CustomResourceDefinition')), /ebb-system/);
  for (const object of objects)
    assert.equal(object.metadata.labels?.['app.kubernetes.io/part-of'], 'ebb', named(object));
});

for (const [set, says] of [
  ['agent.learnHotRange=true', /\/agent.*additional properties 'learnHotRange' not allowed/],
  ['operators.replicas=2', /additional properties 'operators' not allowed/],
  ['operator.replicas=0', /\/operator\/replicas.*minimum: got 0, want 1/],
  ['operator.replicas="2"', /\/operator\/replicas.*got string, want integer/],
  ['image.registry=""', /\/image\/registry.*does not match pattern/],
  ['image.pullPolicy="Sometimes"', /\/image\/pullPolicy.*must be one of 'IfNotPresent', 'Always', 'Never'/],
  ['image.digests.worker="sha256:abc"', /\/image\/digests\/worker.*does not match pattern/],
  ['agent.maxUnavailable="0%"', /\/agent\/maxUnavailable/],
  ['agent.staleSpecSeconds=30', /\/agent\/staleSpecSeconds.*minimum: got 30, want 60/],
  ['agent.stateFolder="var/lib/ebb"', /\/agent\/stateFolder.*does not match pattern/],
  ['agent.stateFolder="/var/lib/ebb #1"', /\/agent\/stateFolder.*does not match pattern/],
  ...['/etc', '/var/lib', '/ebb/data', '/.', '/..', '/ebb/..', '/var/../ebb', '/var/./ebb', '/sys/fs/cgroup', '/'].map(
    (folder) => [`agent.stateFolder="${folder}"`, /\/agent\/stateFolder.*does not match pattern/] as const,
  ),
  ['agent.cgroupRoot="/a #b"', /\/agent\/cgroupRoot.*does not match pattern/],
  ['agent.worker.resources={"limit":{}}', /\/agent\/worker\/resources.*'limit' not allowed/],
  ['agent.tolerations=[{"operator":"Any"}]', /\/agent\/tolerations\/0\/operator.*'Exists', 'Equal'/],
  ['namespace.name="Ebb_System"', /\/namespace\/name.*does not match pattern/],
  ['networkPolicy.apiServerPorts=[]', /\/networkPolicy\/apiServerPorts.*minItems: got 0, want 1/],
  ['networkPolicy.apiServerPorts=[70000]', /\/networkPolicy\/apiServerPorts\/0.*maximum: got 70,000, want 65,535/],
  ...['10.0.0.0/99', '10.0.0/8', '10.0.0.256/8', '::::/8', 'fd00::/129', '1::2::3/64', 'fd00:/8', '10.0.0.1'].map(
    (cidr) =>
      [
        `networkPolicy.apiServerCIDRs=["${cidr}"]`,
        /\/networkPolicy\/apiServerCIDRs\/0.*does not match pattern/,
      ] as const,
  ),
  ...['ghcr.io//', 'GHCR.io', 'ghcr.io/Ebb', 'somebody', 'somebody/images', 'host:', '-a.example'].map(
    (registry) => [`image.registry="${registry}"`, /\/image\/registry.*does not match pattern/] as const,
  ),
  ['image.pullSecrets=["one","one"]', /\/image\/pullSecrets.*items at 0 and 1 are equal/],
  ['operator.topologyKeys=["a","b","a"]', /\/operator\/topologyKeys.*items at 0 and 2 are equal/],
  ...['64ki', '1e', '5 Gi'].map(
    (quantity) =>
      [`agent.resources={"limits":{"memory":"${quantity}"}}`, /\/limits\/memory.*does not match pattern/] as const,
  ),
  ...['a b', '-a', 'a/b/c', 'UPPER.example/a', '/a'].map(
    (key) => [`agent.nodeSelector={"${key}":"c"}`, /invalid propertyName .*does not match pattern/] as const,
  ),
  ['agent.podLabels={"a b":"c"}', /invalid propertyName 'a b'.*does not match pattern/],
  ['monitoring.dashboardLabels={"a b":"c"}', /invalid propertyName 'a b'.*does not match pattern/],
  ...['agent.nodeSelector', 'agent.podLabels'].map(
    (labels) => [`${labels}={"x":"bad value!"}`, /\/x'.*'bad value!' does not match pattern/] as const,
  ),
  ['operator.podAnnotations={"a b":"c"}', /invalid propertyName 'a b'.*does not match pattern/],
  ['operator.topologyKeys=["a/b/c"]', /\/topologyKeys\/0.*does not match pattern/],
  ['agent.tolerations=[{"key":"a b","operator":"Exists"}]', /\/tolerations\/0\/key.*does not match pattern/],
  ['agent.tolerations=[{"key":"a","value":"b c"}]', /\/tolerations\/0\/value.*does not match pattern/],
  ['agent.priorityClassName="a."', /\/priorityClassName.*does not match pattern/],
  ['operator.priorityClassName="a..b"', /\/priorityClassName.*does not match pattern/],
  ['image.pullSecrets=["a-"]', /\/pullSecrets\/0.*does not match pattern/],
  ['agent.resources={"limits":{"memory":-1}}', /\/agent\/resources\/limits\/memory.*minimum: got -1, want 0/],
  ['agent.tolerations=[{"key":"a","operator":"Exists","value":"b"}]', /\/tolerations\/0\/operator.*must be 'Equal'/],
  ['agent.tolerations=[{"operator":"Equal","value":"b"}]', /\/tolerations\/0\/operator.*must be 'Exists'/],
  ['agent.tolerations=[{"effect":"NoSchedule"}]', /\/tolerations\/0'.*missing property 'operator'/],
  ['agent.tolerations=[{"key":"a","tolerationSeconds":9}]', /\/tolerations\/0'.*missing property 'effect'/],
  ['agent.worker.appArmorProfile={"type":"Localhost"}', /appArmorProfile'.*missing property 'localhostProfile'/],
  ['agent.worker.appArmorProfile={"localhostProfile":"a"}', /appArmorProfile'.*missing property 'type'/],
  [
    'agent.worker.appArmorProfile={"type":"Unconfined","localhostProfile":"a"}',
    /appArmorProfile\/type'.*must be 'Localhost'/,
  ],
  ...['agent.podLabels', 'operator.podLabels', 'monitoring.labels', 'monitoring.dashboardLabels'].map(
    (labels) => [`${labels}={"app.kubernetes.io/name":"x"}`, /app\.kubernetes\.io~1name.*false schema/] as const,
  ),
  ['agent.podLabels={"helm.sh/chart":"x"}', /\/agent\/podLabels\/helm\.sh~1chart.*false schema/],
  ...['agent', 'operator'].map(
    (part) =>
      [
        `${part}.podAnnotations={"kubectl.kubernetes.io/default-container":"x"}`,
        /podAnnotations\/kubectl\.kubernetes\.io~1default-container.*false schema/,
      ] as const,
  ),
  ['operator.podAnnotations={"cluster-autoscaler.kubernetes.io/safe-to-evict":"false"}', /safe-to-evict.*false schema/],
  ['agent=null', /'': missing property 'agent'/],
  ['image=null', /'': missing property 'image'/],
  ['image.digests=null', /\/image': missing property 'digests'/],
  ['agent.worker=null', /\/agent': missing property 'worker'/],
  ['namespace=null', /'': missing property 'namespace'/],
  ['networkPolicy.apiServerPorts=null', /\/networkPolicy': missing property 'apiServerPorts'/],
  ['monitoring.runbookUrl="docs/alerts.md"', /\/monitoring\/runbookUrl': 'docs\/alerts\.md' does not match pattern/],
  ['namespace.name="kube-system"', /namespace kube-system is the cluster's: helm uninstall would remove it/],
] as const)
  test(`${set} is refused, with the name of the field and what is allowed`, async () => {
    const { code, err } = await cluster.helm('template', 'ebb', chartFolder, `--set-json=${set}`);
    assert.equal(code, 1);
    // In one line: where a rule has parts, the part that failed has a line of its own.
    assert.match(err.replaceAll('\n', ' '), says);
  });

test('paths and names reach the pods as they were given, whatever YAML would make of them', async () => {
  const set = ['agent.cgroupRoot="/kubepods.slice/a\\\\x2db"', 'namespace.name="123"', 'agent.priorityClassName="1e3"'];
  const text = JSON.stringify(await cluster.render(set));
  assert.match(text, /"--cgroup-root=\/kubepods\.slice\/a\\\\x2db"/);
  assert.match(text, /"namespace":"123"/);
  assert.doesNotMatch(text, /"namespace":123\b/);
  assert.match(text, /"priorityClassName":"1e3"/);
});

test('monitors that no Prometheus may scrape are named in the notes, with what to set', async () => {
  const notes = (...set: readonly string[]): Promise<string> =>
    cluster.helmOk('install', 'ebb', chartFolder, '--dry-run=client', ...set.map((each) => `--set=${each}`));
  const monitored = ['monitoring.monitors=true', 'monitoring.rules=true'];
  const says = /networkPolicy\.metricsNamespaces is empty: no Prometheus may read metrics/;
  assert.match(await notes(...monitored), says);
  for (const also of ['networkPolicy.metricsNamespaces={monitoring}', 'networkPolicy.enabled=false'])
    assert.doesNotMatch(await notes(...monitored, also), says);
  assert.doesNotMatch(await notes(), says);
});

test('alerts lead to where the run books are published, and otherwise name the file', async () => {
  const annotations = async (...set: readonly string[]): Promise<Readonly<Record<string, string>>[]> => {
    const objects = await cluster.render(['monitoring.rules=true', ...set]);
    const { spec } = objects.find(({ kind }) => kind === 'PrometheusRule') as unknown as PrometheusRule;
    return spec.groups.flatMap(({ rules }) => rules.map((rule) => rule.annotations));
  };
  const published = await annotations('monitoring.runbookUrl="https://git.example:8443/ebb/docs/alerts.md"');
  assert.ok(published.length > 20);
  for (const { runbook, runbook_url: url } of published) {
    assert.match(url ?? '', /^https:\/\/git\.example:8443\/ebb\/docs\/alerts\.md#ebb[a-z]+$/);
    assert.equal(runbook, undefined);
  }
  for (const { runbook, runbook_url: url } of await annotations()) {
    assert.match(runbook ?? '', /^docs\/alerts\.md#ebb[a-z]+$/);
    assert.equal(url, undefined);
  }
});

test('an API server that is too old is refused', async () => {
  const { code, err } = await cluster.helm('template', 'ebb', chartFolder, '--kube-version', '1.31.9');
  assert.equal(code, 1);
  assert.match(err, /requires kubeVersion: >=1\.32\.0-0 which is incompatible with Kubernetes v1\.31\.9/);
});
