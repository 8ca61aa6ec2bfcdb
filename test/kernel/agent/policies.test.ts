/** Policies of a running agent change: good ones count at once, a bad file leaves the last good set in force. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
import { startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;

test('a bad file is named with field and value, and the last good set stays in force', async () => {
  await withCgroup('bad', {}, async (cgroup) => {
    await using target = await Target.start({ cgroup });
    await target.anon(8 * mib);
    await using agent = startAgent({ 'a.yaml': policy(cgroup.path, { mode: 'DryRun' }) });
    await agent.container(cgroup.path, (state) => state.policy?.endsWith('test') === true);
    agent.write('b.yaml', policy(cgroup.path, { idle: { windowSeconds: 0 } }, 'broken'));
    const said = await agent.line('Rejected policy file, the last good set stays in force');
    assert.match(String(said['policyError']), /b\.yaml:.*spec\.idle\.windowSeconds.*0.*allowed/);
    const state = await agent.state();
    assert.equal(state.policies.length, 1);
    assert.equal(state.policyErrors.length, 1);
    assert.match((await agent.outside('/metrics')).body, /^ebb_policy_loads_total\{result="bad"\} 1$/m);
    agent.write('b.yaml', policy('/nothing/**', {}, 'mended'));
    await agent.line('Loaded policies', (line) => line['policies'] === 2);
    assert.deepEqual((await agent.state()).policyErrors, []);
  });
});

test('SIGHUP reads the policies again', async () => {
  await using agent = startAgent({});
  await agent.line('Started agent');
  agent.write('a.yaml', policy('/nothing/**'));
  agent.child.kill('SIGHUP');
  await agent.line('Loaded policies', (line) => line['policies'] === 1);
});

test('a cgroup that no policy names any more is forgotten, and so is one that vanished', async () => {
  await using agent = startAgent({});
  await agent.line('Started agent');
  await withCgroup('kept', {}, async (kept) => {
    await withCgroup('gone', {}, async (gone) => {
      agent.write('a.yaml', policy('/ebb-test/*', { mode: 'Paused' }));
      await agent.container(kept.path, (state) => state.policy === 'test' && state.mode === 'Paused');
      await agent.container(gone.path, (state) => state.policy === 'test');
    });
    await agent.until((state) => state.containers.every(({ cgroup }) => !cgroup.endsWith('-gone')));
    agent.write('a.yaml', policy('/nothing/**'));
    await agent.until((state) => state.containers.every(({ cgroup }) => cgroup !== kept.path));
  });
});
