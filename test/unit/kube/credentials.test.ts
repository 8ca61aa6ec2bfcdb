/** Who asks: a pod's token, a kubeconfig with certificates, token files and exec plugins, each of which may change. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { connect } from '../../../kube/connect.ts';
import { inCluster } from '../../../kube/in-cluster.ts';
import { Kubeconfig } from '../../../kube/kubeconfig.ts';

const folder = mkdtempSync(join(tmpdir(), 'ebb-credentials-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

function kubeconfig(user: object, cluster: object = {}): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  return write(`${Math.random()}.kubeconfig`, JSON.stringify(config));
}

test('a pod asks with its token and the cluster’s certificate, as they are now', async () => {
  write('token', 'first\n');
  write('ca.crt', 'certificate');
  const pod = inCluster({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, folder)!;
  const { server, headers, tls } = await pod.access();
  assert.equal(server.href, 'https://[fd00::1]/');
  assert.equal(headers['authorization'], 'Bearer first');
  assert.deepEqual(tls, { ca: Buffer.from('certificate'), rejectUnauthorized: true });
  write('token', 'second\n');
  assert.equal((await pod.access()).headers['authorization'], 'Bearer second');
});

test('outside of a pod there is none, and a pod without a token says so', async () => {
  assert.equal(inCluster({}), null);
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  await assert.rejects(inCluster(env, join(folder, 'none'))!.access(), {
    code: 'Misconfigured',
    message: /none\/token/,
  });
});

test('certificates of a kubeconfig are read anew for each request', async () => {
  write('c.crt', 'one');
  const path = kubeconfig({ 'client-certificate': 'c.crt', 'client-key-data': Buffer.from('key').toString('base64') });
  const credentials = new Kubeconfig(path);
  assert.equal(String((await credentials.access()).tls.cert), 'one');
  write('c.crt', 'two');
  const { cert, key, rejectUnauthorized } = (await credentials.access()).tls;
  assert.deepEqual([String(cert), String(key), rejectUnauthorized], ['two', 'key', true]);
});

test('a token file is read anew after a minute, and at once when the server refused the token', async () => {
  const file = write('t', 'one\n');
  let now = 0;
  const credentials = new Kubeconfig(kubeconfig({ 'token-file': file }), undefined, () => now);
  const token = async () => (await credentials.access()).headers['authorization'];
  assert.equal(await token(), 'Bearer one');
  write('t', 'two\n');
  now = 59_999;
  assert.equal(await token(), 'Bearer one');
  now = 60_000;
  assert.equal(await token(), 'Bearer two');
  write('t', 'three\n');
  credentials.refused();
  assert.equal(await token(), 'Bearer three');
});

test('an exec plugin runs once for all who ask, again when its token expired or was refused', async () => {
  const runs = join(folder, 'runs');
  const plugin = write(
    'plugin',
    `#!/bin/sh\necho run >>${runs}\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}'\n`,
  );
  chmodSync(plugin, 0o755);
  let now = 0;
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
  const credentials = new Kubeconfig(kubeconfig({ exec }), undefined, () => now);
  const all = await Promise.all([1, 2, 3].map(() => credentials.access()));
  now = 3_600_000;
  assert.deepEqual(new Set(all.map(({ headers }) => headers['authorization'])), new Set(['Bearer t']));
  await credentials.access();
  assert.equal(readFileSync(runs, 'utf8'), 'run\n');
  credentials.refused();
  await credentials.access();
  assert.equal(readFileSync(runs, 'utf8'), 'run\nrun\n');
});

test('what is wrong with a kubeconfig is Misconfigured, and told by the first request', async () => {
  const wrong = [
    join(folder, 'missing'),
    write('garbage', '\0{'),
    write('empty', '{}'),
    kubeconfig({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: join(folder, 'no-plugin') } }),
  ];
  for (const path of wrong) {
    using connection = await connect({ kubeconfig: path });
    await assert.rejects(connection.request({ method: 'GET', path: '/api' }), { code: 'Misconfigured' }, path);
  }
});

test('a named kubeconfig goes before the pod, the pod before the home directory', async () => {
  const pod = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: '1' };
  using inside = await connect({ env: pod });
  await assert.rejects(inside.request({ method: 'GET', path: '/api' }), {
    code: 'Misconfigured',
    message: /the pod's/,
  });
  using named = await connect({ env: pod, kubeconfig: kubeconfig({ token: 't' }, { server: 'https://127.0.0.1:1' }) });
  await assert.rejects(named.request({ method: 'GET', path: '/api' }), { code: 'Unreachable' });
});

test('a context may be named, its namespace is the caller’s, and one that is not there is told with those that are', async () => {
  const clusters = ['one', 'two'].map((name) => ({ name, cluster: { server: `https://${name}.test` } }));
  const contexts = ['one', 'two'].map((name) => ({
    name,
    context: { cluster: name, user: 'u', ...(name === 'two' && { namespace: 'shop' }) },
  }));
  const config = { clusters, contexts, users: [{ name: 'u', user: {} }], 'current-context': 'one' };
  const path = write('contexts.kubeconfig', JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
  assert.equal((await new Kubeconfig(path).access()).server.href, 'https://one.test/');
  assert.deepEqual(new Kubeconfig(path).about, { context: 'one', namespace: undefined });
  const two = new Kubeconfig(path, 'two');
  assert.equal((await two.access()).server.href, 'https://two.test/');
  assert.deepEqual(two.about, { context: 'two', namespace: 'shop' });
  await assert.rejects(new Kubeconfig(path, 'three').access(), {
    code: 'Misconfigured',
    message: 'context three: allowed: one, two',
  });
});

const listOf = (...paths: readonly string[]): Kubeconfig =>
  new Kubeconfig(undefined, undefined, undefined, { KUBECONFIG: paths.join(':') });

test('of the files in $KUBECONFIG those that are missing or empty are passed over, and the first with a name or a current context has it', async () => {
  const config = (server: string, current: object, ...names: readonly string[]): string =>
    write(
      `${server}.kubeconfig`,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: `https://${server}.test`, 'certificate-authority': 'ca.crt' } }],
        users: [{ name: 'u', user: { token: server } }],
        contexts: names.map((name) => ({ name, context: { cluster: 'c', user: 'u' } })),
        ...current,
      }),
    );
  write('ca.crt', 'certificate');
  const first = config('first', {}, 'x');
  const second = config('second', { 'current-context': 'y' }, 'x', 'y');
  const third = config('third', { 'current-context': 'z' }, 'z');
  const blank = write('blank', '\n');
  const list = listOf(join(folder, 'missing'), blank, first, blank, second, third);
  assert.deepEqual(list.contexts, ['x', 'y', 'z']);
  assert.equal(list.about.context, 'y');
  const { server, headers, tls } = await list.access();
  assert.deepEqual([server.href, headers['authorization']], ['https://first.test/', 'Bearer first']);
  assert.equal(String(tls.ca), 'certificate');
  assert.throws(
    () => listOf(join(folder, 'missing'), join(folder, 'none')).contexts,
    /KUBECONFIG names no file .*none/,
  );
  assert.throws(() => listOf(blank, blank).contexts, /the kubeconfig is empty: .*blank/);
});

test('without any kubeconfig it says that there is none, whatever context is asked for', async () => {
  const none = new Kubeconfig(undefined, 'nope', undefined, { HOME: join(folder, 'home') });
  assert.throws(() => none.contexts, /nothing says where the API server is/);
  await assert.rejects(none.access(), { code: 'Misconfigured', message: /nothing says where/ });
});

test('a server without TLS, as kubectl proxy is one, is asked without any secret', async () => {
  const path = kubeconfig({ token: 'secret' }, { server: 'http://127.0.0.1:8001' });
  const { server, headers } = await new Kubeconfig(path).access();
  assert.deepEqual([server.href, headers], ['http://127.0.0.1:8001/', {}]);
});
