/** `kubectl ebb pause`, `resume` and the switch on a real API server: with ebb-admin alone, and refused to a viewer. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { shapes } from '../../../cli/kubectl-ebb/shapes.ts';
import { Installation } from './installation.ts';
import { onTerminal } from './terminal.ts';

let here: Installation;
before(async () => {
  here = await Installation.start();
  await here.report();
});
after(() => here?.[Symbol.asyncDispose]());

async function done(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await here.ebb(words, 'ebb-admin');
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  return out;
}

async function refused(words: readonly string[], clusterRole: string, code = 1): Promise<string> {
  const ended = await here.ebb(words, clusterRole);
  assert.deepEqual({ code: ended.code, out: ended.out }, { code, out: '' });
  return ended.err;
}

const paused = () =>
  here.plane.kubectlOk(['get', 'node', 'n1', '-o', 'jsonpath={.metadata.annotations.ebb\\.dev/paused}']);
const state = (namespace = 'ebb-system') =>
  here.plane.kubectlOk(['get', 'configmap', 'ebb-switch', '-n', namespace, '-o', 'jsonpath={.data.state}']);

test('a node is paused with a reason, and resumed; what pauses it still is named', async () => {
  assert.match(await done('pause', 'n1', '--reason', 'latency test'), /^node n1 is paused/);
  assert.equal(await paused(), 'latency test');
  await here.plane.kubectlOk(['cordon', 'n1']);
  assert.match(await done('resume', 'node/n1'), /still paused by:\n {2}NodeCordoned: the node is cordoned\n$/);
  assert.equal(await paused(), '');
  await here.plane.kubectlOk(['uncordon', 'n1']);
  assert.equal(await done('resume', 'n1'), 'node n1 is resumed.\n');
});

test('the operator takes the pause that kubectl ebb wrote into the object of the node', async () => {
  await done('pause', 'n2');
  for (let left = 50; ; left--) {
    const { spec } = (await here.reporting.program('n2')) as { spec?: { paused?: object } };
    if (spec?.paused) {
      assert.deepEqual(spec.paused, { reasons: ['Paused'] });
      break;
    }
    assert.ok(left > 0, 'the operator has not seen it');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await done('resume', 'n2');
});

test('a reason that would not pause, and a node that is not there, are refused', async () => {
  assert.match(
    await refused(['pause', 'n1', '--reason', 'false'], 'ebb-admin', 2),
    /--reason is "false", which would not/,
  );
  assert.match(
    await refused(['pause', 'n1', '--reason', 'x'.repeat(257)], 'ebb-admin', 2),
    /257 characters long: allowed/,
  );
  assert.match(await refused(['pause', 'n9'], 'ebb-admin'), /the cluster has no node n9/);
  assert.equal(await paused(), '');
});

test('the switch is set to each of its four states, without a question where there is no terminal', async () => {
  for (const [word, says] of [
    ['stop', 'Stop'],
    ['restore', 'Restore'],
    ['observe', 'Observe'],
    ['run', 'Run'],
  ] as const) {
    assert.match(await done(word, '--wait', '0'), new RegExp(`^the switch says ${says} \\(\\w+ before\\): agents `));
    assert.equal(await state(), says);
  }
  assert.match(await done('run'), /\(already\)/);
});

test('on a terminal stop and restore ask first, and only yes is taken for yes', async () => {
  const env = { ...process.env, ...here.plane.env, KUBECONFIG: await here.person('ebb-admin') };
  const no = await onTerminal(['stop'], 'n\n', env);
  assert.match(no.out, /Stop on every node of context ebb-test: agents give no advice.* Go on\? \[y\/N\] /);
  assert.match(no.out, /kubectl ebb: nothing was changed/);
  assert.equal(no.code, 1);
  assert.match((await onTerminal(['restore'], '\n', env)).out, /nothing was changed/);
  assert.equal(await state(), 'Run');
  assert.match((await onTerminal(['stop'], 'y\n', env)).out, /the switch says Stop \(Run before\)/);
  const sure = await onTerminal(['stop', '--yes'], '', env);
  assert.match(sure.out, /the switch says Stop \(already\)/);
  assert.doesNotMatch(sure.out, /Go on/);
  assert.doesNotMatch((await onTerminal(['run'], '', env)).out, /Go on/);
});

test('on a terminal there is colour, unless NO_COLOR says no', async () => {
  const env = {
    ...process.env,
    ...here.plane.env,
    TERM: 'xterm',
    NO_COLOR: '',
    KUBECONFIG: await here.person('ebb-viewer'),
  };
  assert.ok((await onTerminal(['status'], '', env)).out.includes('\x1b[32mRun\x1b[0m'));
  assert.ok(!(await onTerminal(['status'], '', { ...env, NO_COLOR: '1' })).out.includes('\x1b['));
});

test('status tells at once that the switch stops everything', async () => {
  await done('stop', '--yes');
  const { out } = await here.ebb(['status'], 'ebb-viewer');
  assert.match(out, /^switch +Stop: agents give no advice/m);
  assert.match(out, /^SwitchStop +every node +ebb-switch +ebb-switch says Stop/m);
  await done('run');
});

/** As the agent of that node would say it. */
function says(node: string, reason: string, more: object = {}): Promise<void> {
  const lastTransitionTime = new Date().toISOString();
  const condition = { type: 'Ready', status: 'False', reason, message: '', lastTransitionTime };
  return here.reporting.says(node, [], { conditions: [condition], ...more });
}

test('it waits for every agent, none that is silent counts, and who has not obeyed in time is named', async () => {
  const late = await here.ebb(['stop', '--wait', '1'], 'ebb-admin');
  assert.equal(late.code, 1);
  assert.match(late.err, /agents that have obeyed: 0 of 2\nkubectl ebb: not within 1 s: n1, n2\n$/);
  await says('n2', 'SwitchStop', { reportTime: '2026-01-01T00:00:00Z' });
  const waiting = here.ebb(['stop', '--wait', '30'], 'ebb-admin');
  await says('n1', 'SwitchStop');
  const { code, err } = await waiting;
  assert.equal(code, 1);
  assert.match(
    err,
    /agents that have obeyed: 1 of 2; not heard of: n2\nkubectl ebb: the agents of .* not have obeyed: n2\n$/,
  );
});

test('restore waits by itself, and a Restored from an earlier time is not taken for it', async () => {
  await done('restore', '--wait', '0');
  await Promise.all([says('n1', 'Restored'), says('n2', 'Restored')]);
  assert.equal((await here.ebb(['restore'], 'ebb-admin')).code, 0, 'where it says so already');
  await done('run');
  const late = await here.ebb(['restore', '--wait', '1'], 'ebb-admin');
  assert.match(late.err, /agents that have obeyed: 0 of 2\nkubectl ebb: not within 1 s: n1, n2\n$/);
  await done('run');
  const waiting = here.ebb(['restore'], 'ebb-admin');
  await reaches('Restore');
  await Promise.all([says('n1', 'Restored'), says('n2', 'Restored')]);
  const { code, err } = await waiting;
  assert.equal(code, 0, err);
  assert.match(err, /agents that have obeyed: 2 of 2\n$/);
  await done('run');
});

async function reaches(wanted: string): Promise<void> {
  for (let left = 100; (await state()) !== wanted; left--) {
    assert.ok(left > 0, `the switch does not say ${wanted}`);
    await sleep(100);
  }
}

test('what was done is there as JSON and as YAML, with who has obeyed and who has not', async () => {
  const asked = [['pause', 'n1'], ['resume', 'n1'], ['run'], ['stop', '--wait', '1']] as const;
  for (const words of asked) {
    const json: unknown = JSON.parse((await here.ebb([...words, '-o', 'json'], 'ebb-admin')).out);
    assert.deepEqual(shapes[words[0]].parse(json), json, words.join(' '));
  }
  await Promise.all([says('n1', 'SwitchStop'), says('n2', 'WorkerGone')]);
  const { code, out } = await here.ebb(['stop', '--wait', '1', '-o', 'yaml'], 'ebb-admin');
  assert.equal(code, 1);
  const agents = { obeyed: ['n1'], waiting: ['n2'], silent: [] };
  assert.deepEqual(parse(out), { namespace: 'ebb-system', state: 'Stop', before: 'Stop', agents });
  await done('run');
});

test('a viewer pauses no node and sets no switch, and is told the role that may', async () => {
  assert.match(
    await refused(['pause', 'n1'], 'ebb-viewer'),
    /^kubectl ebb: user "ebb-viewer" may not patch nodes in the cluster; ClusterRole ebb-admin grants it/,
  );
  assert.match(
    await refused(['stop'], 'ebb-viewer'),
    /may not patch configmaps in namespace ebb-system; ClusterRole ebb-admin/,
  );
  assert.equal(await state(), 'Run');
});

test('a switch is never made where there is none, and found where Ebb is', async () => {
  const kubectl = (words: readonly string[]) => here.plane.kubectlOk(words);
  await kubectl(['delete', 'configmap', 'ebb-switch', '-n', 'ebb-system']);
  for (const words of [['stop'], ['stop', '--ebb-namespace', 'nowhere']])
    assert.match(
      (await here.ebb(words)).err,
      /^kubectl ebb: there is no ConfigMap ebb-switch in namespace \S+: Ebb .*--ebb-namespace/,
    );
  assert.equal((await here.plane.kubectl(['get', 'configmap', 'ebb-switch', '-n', 'ebb-system'])).code, 1);
  assert.match((await here.ebb(['status'], 'ebb-viewer')).out, /^switch +no ebb-switch in namespace ebb-system$/m);
  for (const namespace of ['shop', 'bank']) {
    await kubectl(['create', 'configmap', 'ebb-switch', '-n', namespace]);
    await kubectl(['label', 'configmap', 'ebb-switch', '-n', namespace, 'app.kubernetes.io/part-of=ebb']);
    if (namespace === 'bank') continue;
    await done('stop');
    assert.equal(await state('shop'), 'Stop');
    assert.match((await here.ebb(['status'], 'ebb-viewer')).out, /^switch +Stop: /m);
  }
  assert.match(
    await refused(['run'], 'ebb-admin'),
    /more than one namespace: bank, shop; say which by --ebb-namespace NAME$/m,
  );
  await done('run', '--ebb-namespace', 'shop');
  assert.equal(await state('shop'), 'Run');
});
