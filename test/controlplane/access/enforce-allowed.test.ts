/** Who applies a policy with mode Enforce is warned where its namespace does not allow it; the policy is taken all the same. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusterPolicy, named, policy } from '../../policies/objects.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { installAccess } from './installed.ts';

let plane: ControlPlane;

before(async () => {
  plane = await startControlPlane();
  await installAccess(plane);
  await plane.kubectlOk(['create', 'namespace', 'allowed']);
  await plane.kubectlOk(['label', 'namespace', 'allowed', 'ebb.dev/allow=enforce']);
  for (let left = 100; (await applied({ mode: 'Enforce' }, 'default')) === ''; left--) {
    assert.ok(left > 0, 'the admission policy is not enforced');
    await sleep(100);
  }
});
after(() => plane?.stop());

/** What kubectl warns of. */
async function applied(spec: Readonly<Record<string, unknown>>, namespace: string): Promise<string> {
  const input = JSON.stringify({ ...policy(spec), metadata: { name: 'warned', namespace } });
  const { code, err } = await plane.kubectl(['apply', '-f', '-'], { input });
  assert.equal(code, 0, err);
  return err;
}

const warning = (namespace: string) =>
  new RegExp(
    `^Warning: .*: namespace ${namespace} is not labelled ebb.dev/allow: enforce, so the policy stays at DryRun \\(EnforceNotAllowed\\)\\n$`,
  );

test('in a namespace without the label, or with another value of it, Enforce is warned of when created and when changed', async () => {
  await plane.kubectlOk(['delete', 'madv', 'warned', '-n', 'default']);
  assert.match(await applied({ mode: 'Enforce' }, 'default'), warning('default'));
  assert.match(await applied({ mode: 'Enforce', priority: 7 }, 'default'), warning('default'));
  await plane.kubectlOk(['label', 'namespace', 'default', 'ebb.dev/allow=dry-run']);
  assert.match(await applied({ mode: 'Enforce', priority: 8 }, 'default'), warning('default'));
});

test('nobody is warned of Enforce where it is allowed, or of another mode, or of a cluster policy', async () => {
  assert.equal(await applied({ mode: 'Enforce' }, 'allowed'), '');
  assert.equal(await applied({ mode: 'DryRun' }, 'default'), '');
  assert.equal(await applied({}, 'default'), '');
  assert.equal(await applied({ mode: 'Paused' }, 'default'), '');
  const input = JSON.stringify(named(clusterPolicy({ mode: 'Enforce' }), 'unwarned'));
  assert.equal((await plane.kubectl(['apply', '-f', '-'], { input })).err, '');
});
