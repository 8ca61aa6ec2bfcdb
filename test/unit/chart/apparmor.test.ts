/** The worker's AppArmor profile: it is one, it denies what it is there for, and it allows what the chart gives. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { hasProgram } from '../../../scripts/programs.ts';
import { root } from '../../docs/pages.ts';

const profile = join(root, 'charts/ebb/apparmor/ebb-worker');
const lines = readFileSync(profile, 'utf8')
  .split('\n')
  .map((line) => line.replace(/#.*$/, '').trim());

const parser = hasProgram('apparmor_parser') ? false : 'no apparmor_parser: apt-get install apparmor';
test('apparmor_parser takes the profile', { skip: parser }, () => {
  const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };
  const words = ['--skip-kernel-load', '--skip-cache', profile];
  const parsed = spawnSync('apparmor_parser', words, { encoding: 'utf8', env });
  assert.equal(parsed.status, 0, parsed.stderr);
});

test('it denies the memory of processes to every thread, and the internet', () => {
  for (const path of ['/proc/[0-9]*/mem', '/proc/[0-9]*/task/[0-9]*/mem'])
    assert.ok(lines.includes(`deny ${path} rwklx,`), path);
  for (const family of ['inet', 'inet6']) assert.ok(lines.includes(`deny network ${family},`), family);
});

test('it allows the capabilities that the chart gives the worker, and no other', () => {
  const template = readFileSync(join(root, 'charts/ebb/templates/agent/daemonset.yaml'), 'utf8');
  const [, added] = /add: \[([^\]]*)\]/.exec(template)!;
  const given = added!.replaceAll(/\{\{.*?\}\}/g, '').match(/[A-Z_]+/g)!;
  const allowed = lines.flatMap((line) => /^capability (\w+),$/.exec(line)?.[1] ?? []);
  assert.deepEqual(allowed.toSorted(), given.map((name) => name.toLowerCase()).toSorted());
});
