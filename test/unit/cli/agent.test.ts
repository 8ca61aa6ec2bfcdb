import assert from 'node:assert/strict';
import test from 'node:test';
import { agent } from '../../../cli/agent/command.ts';
import { clusterConfig, standaloneConfig } from '../../../cli/agent/options.ts';
import { UsageError } from '../../../cli/exit.ts';
import { parseArguments } from '../../../cli/parse.ts';

const config = (...words: string[]) => standaloneConfig(parseArguments(agent, words).values);
const needed = ['--standalone', '--policies', '/etc/ebb'];

test('Every flag of ebb agent reaches the configuration', () => {
  const given = config(
    ...needed,
    ...['--period', '2.5', '--wake-period', '200', '--metrics', '[::1]:9999', '--socket', '/a', '--lock', '/b'],
    ...['--state-dir', '/c', '--user', '7', '--cgroup-root', '/d', '--log-level', 'debug'],
    ...['--allow-reclaim', '--no-hot-ranges', '--worker-socket', '/e'],
  );
  assert.deepEqual(given, {
    policies: '/etc/ebb',
    periodSeconds: 2.5,
    wakePeriodMillis: 200,
    metrics: { host: '::1', port: 9999 },
    socket: '/a',
    lock: '/b',
    stateFolder: '/c',
    user: 7,
    cgroupRoot: '/d',
    logLevel: 'debug',
    allowReclaim: true,
    learnHotRanges: false,
    workerSocket: '/e',
  });
});

test('The defaults that the help names are those of the agent', () => {
  const { periodSeconds, wakePeriodMillis, metrics, socket, lock, stateFolder, user, logLevel } = config(...needed);
  const says = (flag: string, value: unknown) =>
    assert.ok(agent.flags[flag]?.help.includes(String(value)), `--${flag}: ${agent.flags[flag]?.help}`);
  says('period', `default ${periodSeconds}`);
  says('wake-period', `default ${wakePeriodMillis}`);
  says('metrics', `default ${metrics?.host}:${metrics?.port}`);
  says('socket', `default ${socket}`);
  says('lock', `default ${lock}`);
  says('user', `default ${user}`);
  says('log-level', `${logLevel} (default)`);
  says('state-dir', stateFolder === null ? 'default: it does not' : stateFolder);
});

test('A folder of policies may be relative', () => {
  assert.equal(config('--standalone', '--policies', 'examples').policies, `${process.cwd()}/examples`);
});

test('Bad values name their flag', () => {
  const bad: [words: string[], names: RegExp][] = [
    [['--standalone'], /--policies/],
    [[...needed, '--period', 'soon'], /--period/],
    [[...needed, '--period', '0'], /--period/],
    [[...needed, '--metrics', '9466'], /--metrics/],
    [[...needed, '--user', '0'], /--user/],
    [[...needed, '--log-level', 'loud'], /--log-level/],
    [[...needed, '--cgroup-root', 'x'], /--cgroup-root/],
    [[...needed, '--node-name', 'n'], /--node-name/],
  ];
  for (const [words, names] of bad) {
    assert.throws(
      () => config(...words),
      (error) => error instanceof UsageError && names.test(error.message),
      words.join(' '),
    );
  }
});

const nowhere = { env: {}, token: null, namespace: null };
const token = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify({ 'kubernetes.io': claims })).toString('base64url')}.c2ln`;
const inPod = {
  env: {},
  token: token({ namespace: 'ebb', node: { name: 'n1', uid: 'uid-1' }, pod: { name: 'a', uid: 'b' } }),
  namespace: 'ebb\n',
};
const inCluster = (around: Parameters<typeof clusterConfig>[1], ...words: string[]) =>
  clusterConfig(parseArguments(agent, words).values, around);

test('In a pod the token says which node it is, and its files in which namespace', () => {
  const { nodeName, nodeUID, namespace, kubeconfig, staleSpecSeconds } = inCluster(inPod);
  assert.deepEqual({ nodeName, nodeUID, namespace }, { nodeName: 'n1', nodeUID: 'uid-1', namespace: 'ebb' });
  assert.equal(kubeconfig, null);
  assert.equal(inCluster(inPod).nodeUIDByToken, true);
  assert.ok(agent.flags['stale-spec-seconds']?.help.includes(`default ${staleSpecSeconds}`));
});

test('Single pods have series only where that is asked for, and so many', () => {
  assert.equal(inCluster(inPod).podMetrics, 0);
  assert.equal(inCluster(inPod, '--pod-metrics', '50').podMetrics, 50);
  assert.throws(() => inCluster(inPod, '--pod-metrics', '1001'), /--pod-metrics/);
  assert.throws(() => config(...needed, '--pod-metrics', '50'), /--pod-metrics is for an agent in a cluster/);
});

test('The environment comes before the token, and flags before both', () => {
  const named = { ...inPod, env: { EBB_NODE_NAME: 'n2', EBB_NAMESPACE: 'ebb-two' } };
  assert.equal(inCluster(named).nodeName, 'n2');
  assert.equal(inCluster(named).namespace, 'ebb-two');
  const words = ['--node-name', 'n3', '--node-uid', 'uid-3', '--namespace', 'x', '--stale-spec-seconds', '60'];
  const { nodeName, nodeUID, namespace, staleSpecSeconds } = inCluster(named, ...words, '--kubeconfig', '/k');
  assert.deepEqual([nodeName, nodeUID, namespace, staleSpecSeconds], ['n3', 'uid-3', 'x', 60]);
  assert.equal(inCluster(named, ...words).nodeUIDByToken, false, 'no token takes back what a flag says');
});

test('What nobody says is asked for by its flag, and what makes no sense is refused by it', () => {
  const bad: [around: typeof nowhere, words: string[], names: RegExp][] = [
    [nowhere, [], /--node-name NAME is needed.*--standalone/],
    [nowhere, ['--node-name', 'n'], /--node-uid UID is needed/],
    [{ ...nowhere, token: 'no.token' as never }, ['--node-name', 'n'], /--node-uid/],
    [{ ...nowhere, token: token({ node: { name: 'n' } }) as never }, [], /--node-uid/],
    [inPod as never, ['--policies', '/x'], /--policies needs --standalone/],
    [inPod as never, ['--stale-spec-seconds', '59'], /--stale-spec-seconds/],
    [inPod as never, ['--stale-spec-seconds', '86401'], /--stale-spec-seconds/],
    [inPod as never, ['--node-name', 'UPPER'], /--node-name/],
    [inPod as never, ['--node-uid', 'a b'], /--node-uid/],
  ];
  for (const [around, words, names] of bad) {
    assert.throws(
      () => inCluster(around, ...words),
      (error) => error instanceof UsageError && names.test(error.message),
      words.join(' '),
    );
  }
});
