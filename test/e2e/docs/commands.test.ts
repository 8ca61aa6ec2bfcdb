/**
 * Every command that the pages show is run as it stands there, but for what ground.ts fills in (words in capitals, the registry, no
 * ports): on a cluster with two nodes, which the first of them install Ebb on and the last take it from; those of the chart's own
 * page on an API server without nodes, meanwhile. Not run are those of test/docs/elsewhere.ts, each with why.
 */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../../controlplane/control-plane.ts';
import { helmProgram } from '../../controlplane/helm.ts';
import { type Command, commands } from '../../docs/commands.ts';
import { elsewhere } from '../../docs/elsewhere.ts';
import { filledIn, type Ground, ground, programs } from './ground.ts';
import { Running, runAll } from './run.ts';

const all = commands().filter(({ text }) => !elsewhere.some(({ command }) => command.test(text)));

/** What runs until it is stopped, beside all others: the agent and the operator of a person, outside the cluster. */
const runsOn = ({ text }: Command): boolean => /^npx ebb (agent|operator) /.test(text);
const installs = ({ page, shown }: Command): boolean => shown === 'block' && page === 'docs/cluster.md';
/** It installs and uninstalls in each of its sections. */
const ofChart = ({ page, shown }: Command): boolean => shown === 'block' && page === 'charts/ebb/README.md';
const takesAway = ({ page, shown, text }: Command): boolean =>
  (shown === 'block' && page === 'docs/operations.md') || text.startsWith('kubectl delete crd');
/** The kinds go last: nothing of the rest is there without them. */
const endsAll = (texts: readonly string[]): number =>
  Number(texts.every((text) => text.startsWith('kubectl delete crd')));
/** The same release once more. */
const installsAgain = ({ page, text }: Command): boolean =>
  page === 'README.md' && text.startsWith('helm install ebb charts/ebb ');
const others = (command: Command): boolean =>
  ![runsOn, installs, installsAgain, ofChart, takesAway].some((is) => is(command));

/** Twice says no more than once. */
const onlyOnce =
  /^kubectl (-n \S+ )?(get|describe|explain|logs|exec|create namespace) |^helm test |^ebb (probe|ps|why|policy|COMMAND)\b|^swapon --show/;
const seen = new Set<string>();

function fresh({ text }: Command): boolean {
  const key = text.replace(' --namespace default', '');
  const known = seen.has(key);
  if (onlyOnce.test(key)) seen.add(key);
  return !known;
}

/** The blocks of a page in their order, as one; what its text names, one by one. */
function scripts(is: (command: Command) => boolean): string[][] {
  const own = all.filter(is).filter(fresh);
  const single = own.filter(({ shown }) => shown === 'text').map(({ text }) => [text]);
  const whole = Map.groupBy(
    own.filter(({ shown }) => shown !== 'text'),
    ({ page }) => page,
  );
  return [...single, ...[...whole.values()].map((commands) => commands.map(({ text }) => text))];
}

let on: Ground;
let bare: ControlPlane;
const running: Running[] = [];

before(async () => {
  [on, bare] = await Promise.all([ground(), startControlPlane()]);
});
after(async () => {
  for (const each of running) await each[Symbol.asyncDispose]();
  await Promise.all([on?.[Symbol.asyncDispose](), bare?.stop()]);
});

/** What a page may have left behind is no reader's business. */
async function asBefore(texts: readonly string[]): Promise<void> {
  const { ebb } = on;
  const say = texts.join('\n');
  if (/ebb-switch -p|kubectl ebb (stop|restore|observe)/.test(say))
    await ebb.kubectlOk('-n', 'ebb-system', 'patch', 'configmap', 'ebb-switch', '-p', '{"data":{"state":"Run"}}');
  if (/annotate node |kubectl ebb pause /.test(say))
    await ebb.kubectlOk('annotate', 'nodes', '--all', 'ebb.dev/paused-');
  if (say.includes('annotate pod ')) await ebb.kubectlOk('annotate', 'pod', 'web', 'ebb.dev/do-not-advise-');
}

/** One that fails does not hide the next. */
async function runScripts(list: readonly string[][]): Promise<void> {
  const failed: string[] = [];
  for (const texts of list) {
    await runAll(texts.map(on.filledIn), on.env).catch((error: Error) => failed.push(error.message));
    await asBefore(texts);
  }
  assert.equal(failed.length, 0, failed.join('\n\n'));
}

/** It has looked at the containers once. */
async function agentAnswers(): Promise<void> {
  assert.equal(running.length, 2);
  for (let left = 60; left > 0; left--) {
    running[0]!.assertRuns();
    const why = await runAll(['ebb why CONTAINER || true'].map(on.filledIn), on.env);
    if (!/^ebb: /m.test(why)) return;
    await sleep(250);
  }
  assert.fail('the agent does not answer');
}

test('on a cluster', { concurrency: true }, async (t) => {
  const onChartsPage = t.test(
    'what the page of the chart says installs it and takes it away, in two namespaces',
    async () => {
      const sections = scripts(ofChart).flat();
      const elsewhereInstalled = /\bmemory\b/;
      const inOrder = [
        ...sections.filter((text) => !elsewhereInstalled.test(text)),
        ...sections.filter((text) => elsewhereInstalled.test(text)),
      ];
      const path = programs(`${dirname(helmProgram())}:${bare.env['PATH']}`);
      const env = { ...process.env, ...bare.env, HOME: join(bare.folder, 'helm'), PATH: path };
      await runAll(
        inOrder.map((text) => filledIn(text, [])),
        env,
      );
    },
  );

  await t.test(
    'what a page says to install is installed by it, and every other command does what it is there for',
    async () => {
      await runScripts(scripts(installs));
      // The first npx of a user builds the tree anew: nobody else may need dist/ meanwhile.
      await runAll(['npx ebb --version'], on.env);
      running.push(...all.filter(runsOn).map(({ text }) => new Running(on.filledIn(text), on.env)));
      await agentAnswers();
      await runScripts(scripts(others));
    },
  );
  await t.test('what runs until it is stopped still runs', async () => {
    for (const each of running) await each.saying(/"msg":/);
  });
  await t.test('what is said to upgrade and to uninstall does', async () => {
    for (const texts of scripts(takesAway).toSorted((one, other) => endsAll(one) - endsAll(other)))
      await runAll(texts.map(on.filledIn), on.env);
  });
  await onChartsPage;
});
