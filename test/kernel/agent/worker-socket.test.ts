/** An agent beside a worker that runs already, as in the two containers of one pod. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { agentUser } from '../../../node-agent/config.ts';
import { Target } from '../../targets/target.ts';
import { probeShape } from '../../unit/cli/shapes.ts';
import { withCgroup } from '../cgroup.ts';
import { ebb } from '../cli/ebb.ts';
import { withSwap } from '../swap.ts';
import { startListening } from '../worker/listening.ts';
import { type Agent, startAgent } from './agent.ts';
import { policy } from './policy.ts';

const mib = 2 ** 20;

const childrenOf = (agent: Agent): string =>
  readFileSync(`/proc/${agent.child.pid}/task/${agent.child.pid}/children`, 'utf8').trim();

test('the agent connects to a worker that waits on a socket, and starts none', async () => {
  await withSwap({ kind: 'zram', bytes: 512 * mib }, () =>
    withCgroup('beside', {}, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      await using worker = await startListening(agentUser);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) }, { workerSocket: worker.socket });
      await agent.container(cgroup.path, ({ state }) => state === 'PagedOut');
      assert.ok((await target.pages(region)).swappedBytes >= 30 * mib);
      assert.equal((await agent.line('Started agent'))['workerPid'], worker.pid);
      assert.equal(childrenOf(agent), '');
    }),
  );
});

test('a worker that is not there, or lets in another user, is named', async () => {
  await using none = startAgent({}, { workerSocket: join(tmpdir(), 'ebb-no-such.sock') });
  assert.equal((await none.ended).code, 1);
  assert.match(JSON.stringify(none.lines[0]), /WorkerGone.*--worker-socket \S+ebb-no-such\.sock/);
  await using worker = await startListening(12345);
  await using other = startAgent({}, { workerSocket: worker.socket });
  assert.equal((await other.ended).code, 1);
  assert.match(JSON.stringify(other.lines[0]), /WorkerGone.*EACCES/);
});

test('ebb probe without rights is told what the worker of a running agent may do', async () => {
  await using worker = await startListening(agentUser);
  await using agent = startAgent({}, { workerSocket: worker.socket });
  const { capabilities } = await agent.line('Started agent');
  // As in the agent's container: no capability, and a socket that is the user's own.
  const through = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'];
  // The level's own can't even be started without rights: it first gives some away.
  const env = { EBB_WORKER: join(import.meta.dirname, '../../../native/build/ebb-worker') };
  const probe = async (...words: string[]) => {
    const said = await ebb(['probe', '--json', ...words], { through, env });
    assert.equal(said.code, 0, said.err);
    return probeShape.parse(JSON.parse(said.out));
  };
  const own = await probe();
  assert.deepEqual([own.worker.capabilities, own.missing[0]?.what], [[], 'MissingSysPtrace']);
  const asked = await probe('--socket', join(agent.folder, 'agent.sock'));
  assert.deepEqual(asked.worker.capabilities, capabilities);
  assert.ok(asked.advice.length >= 4 && asked.advice.find(({ name }) => name === 'Cold')?.accepted);
  assert.equal(
    asked.missing.some(({ what }) => what.startsWith('MissingSys')),
    false,
  );
  const nobody = await ebb(['probe', '--socket', '/nowhere/agent.sock']);
  assert.deepEqual([nobody.code, nobody.out], [1, '']);
});
