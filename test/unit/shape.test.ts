/**
 * The shape that docs/design.md promises (Layout and imports): who imports whom, what stays pure, how
 * long files and functions get.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import test from 'node:test';

const root = join(import.meta.dirname, '../..');
const sources = globSync('{api,kube,operator,node-agent,native,cli,demo,images,scripts}/**/*.ts', { cwd: root });
const tests = globSync('test/**/*.ts', { cwd: root });
const programs = globSync('{native,test}/**/*.{c,h}', { cwd: root }).filter((path) => !path.includes('/build/'));
const text = new Map([...sources, ...tests, ...programs].map((path) => [path, readFileSync(join(root, path), 'utf8')]));

interface Import {
  readonly from: string;
  /** A path of the tree, or the name of a package. */
  readonly to: string;
  readonly typeOnly: boolean;
}

const imports: readonly Import[] = [...sources, ...tests].flatMap(importsOf);

function importsOf(from: string): Import[] {
  const statements = text
    .get(from)!
    .matchAll(/^(?:import (?=')|(?:import|export) (type )?[^;'"=]*? from )'([^']+)';$/gm);
  return [...statements].map(([, type, to]) => ({
    from,
    to: to!.startsWith('.') ? join(dirname(from), to!) : to!,
    typeOnly: type !== undefined,
  }));
}

const below = (path: string, ...folders: string[]) => folders.some((folder) => path.startsWith(`${folder}/`));
const line = ({ from, to }: Import) => `${from} imports ${to}`;

function broken(rule: (one: Import) => boolean): string[] {
  return imports.filter((one) => below(one.from, 'test') === false && rule(one)).map(line);
}

test('the import rules see the imports', () => {
  assert.ok(imports.length > sources.length, `${imports.length} imports`);
});

test('api imports nothing of the tree but api, kube nothing but api', () => {
  const own = (to: string) => below(to, 'kube', 'operator', 'node-agent', 'native', 'cli', 'demo');
  assert.deepEqual(
    broken(({ from, to }) => below(from, 'api') && own(to)),
    [],
  );
  assert.deepEqual(
    broken(({ from, to }) => below(from, 'kube') && own(to) && !below(to, 'kube')),
    [],
  );
});

test('only the kubeconfig brings client-node, and only the connection asks for it, when there is one', () => {
  const brings = broken(({ to }) => to.startsWith('@kubernetes/client-node'));
  assert.deepEqual(brings, ['kube/kubeconfig.ts imports @kubernetes/client-node']);
  assert.deepEqual(
    broken(({ to }) => to === 'kube/kubeconfig.ts'),
    [],
  );
  const asks = sources.filter((path) => /import\(['"][^'"]*(kubeconfig\.ts|client-node)/.test(text.get(path)!));
  assert.deepEqual(asks, ['kube/connect.ts']);
});

test('operator and node-agent never import each other', () => {
  const crosses = ({ from, to }: Import) =>
    (below(from, 'operator') && below(to, 'node-agent')) || (below(from, 'node-agent') && below(to, 'operator'));
  assert.deepEqual(broken(crosses), []);
});

/** Wiring: the files of node-agent itself, which put the stages together. */
const isWiring = (path: string) => dirname(path) === 'node-agent';

test('only act, observe, the wiring, the command line and the demo import native', () => {
  const allowed = (from: string) =>
    below(from, 'native', 'node-agent/act', 'node-agent/observe', 'cli', 'demo') || isWiring(from);
  assert.deepEqual(
    broken(({ from, to, typeOnly }) => below(to, 'native') && !typeOnly && !allowed(from)),
    [],
  );
});

test('the agent goes observe, decide, act, report, with no edge back', () => {
  const stages = ['node-agent/observe', 'node-agent/decide', 'node-agent/act', 'node-agent/report'];
  const stage = (path: string) => stages.findIndex((folder) => below(path, folder));
  const back = ({ from, to }: Import) => stage(from) >= 0 && stage(to) > stage(from);
  const wired = ({ from, to, typeOnly }: Import) => stage(from) >= 0 && isWiring(to) && !typeOnly;
  assert.deepEqual(
    broken((one) => back(one) || wired(one)),
    [],
  );
});

/** Of the operator all but its edges: main, and what speaks with the API server. */
const operatorEdges = [
  'main',
  'term',
  'config',
  'watching',
  'loop',
  'node-queue',
  'apply',
  'default-policy',
  'reports',
  'announcer',
  'metrics',
].map((name) => `operator/${name}.ts`);
const isPure = (path: string) =>
  below(path, 'api', 'node-agent/decide') || (below(path, 'operator') && !operatorEdges.includes(path));
/** Types alone have no effects. */
const plainTypes = ['node-agent/observe/container.ts'];
const purePackages = ['zod', 'yaml', 'croner'];

test('pure files import api, pure files and libraries without effects', () => {
  const impure = ({ from, to, typeOnly }: Import) =>
    isPure(from) && !isPure(to) && !typeOnly && !plainTypes.includes(to) && !purePackages.includes(to);
  assert.deepEqual(broken(impure), []);
});

test('pure files know no clock, no randomness and no process', () => {
  const effects = /\b(Date\.now|new Date\(\)|Math\.random|performance\.|process\.|console\.|setTimeout|crypto\.)/;
  const found = sources.filter((path) => isPure(path) && effects.test(withoutComments(text.get(path)!)));
  assert.deepEqual(found, []);
});

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

test('nothing is called common, shared, utils, manager or helper', () => {
  const banned = /^(common|shared|utils?|managers?|helpers?)$/;
  const names = (path: string) => path.split('/').flatMap((part) => basename(part).replace(/(\.test)?\.\w+$/, ''));
  assert.deepEqual(
    [...text.keys()].filter((path) => names(path).some((name) => banned.test(name))),
    [],
  );
});

test('files have at most 300 lines, sources 120 in the middle', () => {
  const lengths = [...text]
    .filter(([path]) => path !== 'native/ebb.h')
    .map(([path, body]) => ({ path, lines: body.split('\n').length - 1 }));
  assert.deepEqual(
    lengths.filter(({ path, lines }) => !below(path, 'test') && lines > 300),
    [],
  );
  assert.ok(
    quantile(
      lengths.filter(({ path }) => !below(path, 'test')).map(({ lines }) => lines),
      0.5,
    ) <= 120,
  );
});

/** The formatter puts a function's first line and its closing brace at one indentation, and nothing else between. */
function functionsOf(path: string): { name: string; lines: number }[] {
  const lines = text.get(path)!.split('\n');
  const opening = path.endsWith('.ts')
    ? /^(\s*)(?!(?:if|for|while|switch|return|else)\b)(?:.*\bfunction\b.*|.*=>|(?:async |static |get |#)*[\w#]+\(.*\).*) \{$/
    : /^()[a-z].*\) \{$/;
  return lines.flatMap((first, at) => {
    const indent = opening.exec(first)?.[1];
    if (indent === undefined) return [];
    const length = lines.slice(at + 1).findIndex((next) => next.startsWith(`${indent}}`));
    return length < 0 ? [] : [{ name: `${path}:${at + 1}`, lines: length }];
  });
}

const quantile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)]!;

test('functions have at most 60 lines, 9 in the middle and 30 at the ninetieth percentile', () => {
  const functions = [...sources, ...programs].filter((path) => !below(path, 'test')).flatMap(functionsOf);
  assert.ok(functions.length > 200, `${functions.length} functions seen`);
  assert.deepEqual(
    functions.filter(({ lines }) => lines > 60),
    [],
  );
  const lengths = functions.map(({ lines }) => lines);
  assert.ok(quantile(lengths, 0.5) <= 9, `median ${quantile(lengths, 0.5)}`);
  assert.ok(quantile(lengths, 0.9) <= 30, `p90 ${quantile(lengths, 0.9)}`);
});

test('every source says in its head what it is', () => {
  const bare = sources.filter((path) => !/^(#!.*\n)?\/\*\*?/.test(text.get(path)!));
  assert.deepEqual(bare, []);
});
