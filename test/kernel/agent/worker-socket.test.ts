/** An agent beside a worker that runs already, as in the two containers of one pod. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { withCgroup } from '../cgroup.ts';
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
      await using worker = await startListening(65532);
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
