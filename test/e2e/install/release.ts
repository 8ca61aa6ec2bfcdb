/** The release after its install: helm upgrade rolls the agents and keeps what they know; helm uninstall leaves nothing. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chartFolder } from '../../controlplane/helm.ts';
import { hierarchies } from '../../kernel/hierarchies.ts';
import { ownNamespace } from '../ebb.ts';
import { ladderSeconds } from './policy.ts';
import { bytesOf } from './reclaim.ts';
import { shop, type Tell } from './stage.ts';
import { turnSwitch } from './switch.ts';

const ofEbb = ['-l', 'app.kubernetes.io/part-of=ebb'];
/** Kinds, with what serves them, and objects of them; Events go by themselves. */
const staysUntilAsked = /^(customresourcedefinition|apiservice|event)\.|^event\/|^\w+\.ebb\.dev\//;
const kept = ['--reset-then-reuse-values', '--wait'];

export function release(tell: Tell): void {
  tell('an upgrade rolls the agents, and what was set and counted before holds on', async (stage) => {
    const { ebb } = stage;
    await ebb.helmOk('upgrade', 'ebb', chartFolder, ...kept, '--set=agent.logLevel=debug');
    const pods = await ebb.kubectlOk('-n', ownNamespace, 'get', 'pods', ...ofEbb, '-o', 'yaml');
    assert.equal(pods.match(/--log-level=debug/g)?.length, 2, 'both agents');
    await stage.until('the new agents to report', () => stage.everyAgentHasReported(), 60);
    await stage.until('the new agents to obey the switch', () => stage.everyAgentSays('Restored'), 30);
    const { data } = await stage.json<{ data: { state: string } }>('-n', ownNamespace, 'configmap', 'ebb-switch');
    assert.equal(data.state, 'Restore', 'the switch stays as it was set');
    await sleep(ladderSeconds * 1000);
    assert.ok(stage.areBack(), 'and holds');
    await turnSwitch(stage, 'Run');
    await stage.until('every pod to be out', () => stage.areOut(), 60);
  });

  tell('an upgrade while pods are out advises nothing twice, and totals do not fall', async (stage) => {
    const { ebb } = stage;
    const total = async () => bytesOf((await stage.policy()).reclaimedBytesTotal);
    const before = await total();
    await ebb.helmOk('upgrade', 'ebb', chartFolder, ...kept, '--set=agent.logLevel=info');
    await stage.until('the new agents to report', () => stage.everyAgentHasReported(), 60);
    const idle = async () => (await stage.policy()).idleContainers === stage.apps.length;
    await stage.until('all to be idle for them too', idle, 60);
    await sleep(ladderSeconds * 1000);
    const advised = /^ebb_advised_bytes_total\{policy="shop\/idle",advice="PageOut"\}/;
    for (const { name } of ebb.cluster.nodes)
      assert.deepEqual(
        (await stage.seriesOn(name, advised)).map((line) => line.split(' ')[1]),
        ['0'],
        name,
      );
    assert.ok((await total()) >= before, `${await total()} after ${before}`);
  });

  tell('before an uninstall Restore brings the memory back; then nothing of the release is left', async (stage) => {
    const { ebb } = stage;
    await turnSwitch(stage, 'Restore');
    await stage.until('every agent to be done', () => stage.everyAgentSays('Restored'), 60);
    assert.ok(stage.areBack());
    await ebb.helmOk('uninstall', 'ebb', '--wait');
    await ebb.kubectlOk('wait', '--for=delete', `namespace/${ownNamespace}`, '--timeout=60s');
    const kinds = (await ebb.kubectlOk('api-resources', '--verbs=list', '-o', 'name')).trim().split('\n').join(',');
    const named = async (...words: string[]) =>
      (await ebb.kubectlOk('get', kinds, '-A', '-o', 'name', ...words)).trim().split('\n');
    const left = [...(await named(...ofEbb)), ...(await named()).filter((name) => /\/.*ebb/.test(name))];
    assert.deepEqual(
      left.filter((name) => !staysUntilAsked.test(name)),
      [],
    );
    for (const app of stage.apps) await app.assertIntact();
  });

  tell('nodes keep the pods of others and a few KiB of state, as documented', async (stage) => {
    const { memory } = hierarchies();
    for (const node of stage.ebb.cluster.nodes) {
      const here = stage.apps.filter((app) => app.node === node.name).length;
      const below = join(memory, node.options.cgroup, 'kubepods');
      const cgroups = () => readdirSync(below, { recursive: true, encoding: 'utf8' });
      const pods = () => cgroups().filter((path) => /(^|\/)pod[0-9a-f-]+$/.test(path)).length;
      await stage.until('cgroups of pods to be gone', () => pods() === here, 30);
      const folders = () => readdirSync(node.path('/var/lib/kubelet/pods')).length;
      await stage.until('folders of pods to be gone', () => folders() === here, 30);
      const state = node.path('/var/lib/ebb');
      const files = readdirSync(state, { recursive: true, encoding: 'utf8' }).map((path) =>
        statSync(join(state, path)),
      );
      const bytes = files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
      assert.ok(bytes < 64 * 1024, `${bytes} bytes in ${state}`);
    }
  });

  tell('policies stay until their kinds are deleted by the documented command', async (stage) => {
    const { ebb } = stage;
    assert.match(await ebb.kubectlOk('-n', shop, 'get', 'madv', 'idle', '-o', 'name'), /idle/);
    await ebb.kubectlOk('delete', 'crd', ...ofEbb);
    assert.equal(await ebb.kubectlOk('get', 'crd', ...ofEbb, '-o', 'name'), '');
    const { code } = await ebb.plane.kubectl(['get', 'madv', '-A']);
    assert.equal(code, 1);
    for (const app of stage.apps) await app.assertIntact();
  });
}
