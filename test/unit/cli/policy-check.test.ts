import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type PolicyReport, runPolicyCheck } from '../../../cli/policy-check.ts';
import { duration } from '../../../cli/policy-words.ts';
import { policyText } from '../api/policy-text.ts';

const examples = join(import.meta.dirname, '../../../examples/standalone');

async function check(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runPolicyCheck(argv, { out: (text) => out.push(text), err: (text) => err.push(text) });
  return { code, out: out.join(''), err: err.join('') };
}

async function file(t: TestContext, text: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ebb-check-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  await writeFile(join(path, 'p.yaml'), text);
  return join(path, 'p.yaml');
}

test('A good file exits 0 and says in words what it would do', async () => {
  const { code, out, err } = await check(join(examples, 'idle-containers.yaml'));
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /touches nothing \(mode: DryRun\)/);
  assert.match(out, /selects every pod container, QoS class Burstable, BestEffort or none/);
  assert.match(out, /15m idle: PageOut, hot ranges spared/);
  assert.match(out, /4h idle: PageOut, hot ranges too/);
  assert.match(out, /1 policy, no error/);
});

test('A bad file exits 1 and prints file:line:column, field, value and what is allowed', async (t) => {
  const path = await file(t, policyText('priority: 5000', 'mode: Off'));
  const { code, out, err } = await check(path);
  assert.deepEqual([code, out], [1, '']);
  assert.deepEqual(err.split('\n').slice(0, 3), [
    `${path}:7:3: spec.priority: value 5000: allowed: an integer from 0 to 1000`,
    `${path}:8:3: spec.mode: value "Off": allowed: DryRun, Enforce or Paused`,
    '2 errors; the agent would keep the policies it has',
  ]);
});

test('A folder is read as the agent reads it', async () => {
  const { code, out } = await check(examples);
  assert.equal(code, 0);
  assert.match(out, /3 policies, no error/);
});

test('Two files with one policy’s name are an error', async () => {
  const { code, err } = await check(join(examples, 'demo.yaml'), join(examples, 'demo.yaml'));
  assert.equal(code, 1);
  assert.match(err, /metadata\.name: value "demo"/);
});

test('A policy that selects nothing without a cluster says so', async (t) => {
  const { code, out } = await check(
    await file(t, policyText().replace('podSelector: {}', 'podSelector: {matchLabels: {a: b}}')),
  );
  assert.equal(code, 0);
  assert.match(out, /selects nothing without a cluster: pods are selected by label/);
});

test('A file that is not there exits 1 and is named', async () => {
  const { code, err } = await check('/nowhere/p.yaml');
  assert.equal(code, 1);
  assert.match(err, /^\/nowhere\/p\.yaml: \(file\): value ENOENT: allowed: a file that can be read/);
});

test('A folder without policies is an error here, since something was meant', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'ebb-check-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  assert.equal((await check(path)).code, 1);
});

for (const argv of [[], ['--nope', 'x.yaml'], ['--json']])
  test(`ebb policy check ${argv.join(' ')} is bad usage and exits 2`, async () => {
    const { code, err } = await check(...argv);
    assert.equal(code, 2);
    assert.match(err, /usage: ebb policy check/);
  });

test('--json is one document with valid, errors and policies', async (t) => {
  const good = JSON.parse((await check('--json', join(examples, 'services.yaml'))).out) as PolicyReport;
  assert.deepEqual(Object.keys(good), ['valid', 'errors', 'policies']);
  assert.deepEqual(Object.keys(good.policies[0]!), ['file', 'line', 'profile', 'summary']);
  assert.equal(good.policies[0]?.profile?.memory.keepResidentBytes, 32 * 2 ** 20);
  const bad = await check('--json', await file(t, policyText('mode: "\\e[31m"')));
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^[\x20-\x7e\n]*$/);
  const report = JSON.parse(bad.out) as PolicyReport;
  assert.equal(report.valid, false);
  assert.deepEqual(Object.keys(report.errors[0]!), ['file', 'line', 'column', 'field', 'value', 'allowed']);
});

test('Durations read as people say them', () => {
  assert.deepEqual([0, 59, 60, 5400, 90_061].map(duration), ['0s', '59s', '1m', '1h30m', '1d1h1m1s']);
});
