/** `kubectl ebb pause`, `resume` and the switch on a real API server: with ebb-admin alone, and refused to a viewer. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
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
const state = () =>
  here.plane.kubectlOk(['get', 'configmap', 'ebb-switch', '-n', 'ebb-system', '-o', 'jsonpath={.data.state}']);

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
    assert.match(await done(word), new RegExp(`^the switch says ${says} \\(\\w+ before\\): agents `));
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

test('with --wait it is over when every agent that reports has obeyed, and fails in time where one has not', async () => {
  const late = await here.ebb(['stop', '--wait', '1'], 'ebb-admin');
  assert.equal(late.code, 1);
  assert.match(late.err, /agents that have obeyed: 0 of 1; 1 node not heard of\nkubectl ebb: not within 1 s: n1/);
  const waiting = here.ebb(['stop', '--wait', '30'], 'ebb-admin');
  const lastTransitionTime = new Date().toISOString();
  const condition = { type: 'Ready', status: 'False', reason: 'SwitchStop', message: '', lastTransitionTime };
  await here.reporting.says('n1', [], { conditions: [condition] });
  const { code, err } = await waiting;
  assert.equal(code, 0, err);
  assert.match(err, /agents that have obeyed: 1 of 1; 1 node not heard of\n$/);
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

test('a switch that is gone is made again by who may, and no role of Ebb may', async () => {
  await here.plane.kubectlOk(['delete', 'configmap', 'ebb-switch', '-n', 'ebb-system']);
  assert.match(
    await refused(['stop'], 'ebb-admin'),
    /may not create configmaps in namespace ebb-system; no role of Ebb/,
  );
  assert.equal((await here.ebb(['stop'])).code, 0);
  assert.equal(await state(), 'Stop');
  assert.match((await here.ebb(['stop', '--ebb-namespace', 'nowhere'])).err, /there is no namespace nowhere/);
});
