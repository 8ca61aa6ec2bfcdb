import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Target } from '../../targets/target.ts';
import { psShape, whyContainerShape, whyShape } from '../../unit/cli/shapes.ts';
import { withCgroup } from '../cgroup.ts';
import { ebb, mainPath, printable } from './ebb.ts';

const pod = '/kubepods/burstable/podbbbbbbbb-2222-3333-4444-555555555555';
const chosen = `eb6${'a'.repeat(61)}`;
const other = `eb7${'a'.repeat(61)}`;

const policy = `
apiVersion: ebb.dev/v1alpha1
kind: MemoryAdvicePolicy
metadata: {name: quiet}
spec:
  mode: DryRun
  standalone: {containerIDs: ["${chosen}"]}
  idle: {windowSeconds: 30, minPodAgeSeconds: 0}
  steps: [{advice: Cold, afterIdleSeconds: 30}]
`;

interface Running {
  readonly socket: string;
  readonly lock: string;
  readonly policies: string;
  readonly child: ChildProcess;
}

/** A real agent with its own socket and lock, ended by SIGTERM whatever happens. */
async function withAgent(use: (agent: Running) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-why-'));
  chmodSync(folder, 0o755); // The agent reads it as another user.
  const [socket, lock] = [join(folder, 'agent.sock'), join(folder, 'agent.lock')];
  writeFileSync(join(folder, 'quiet.yaml'), policy);
  const words = ['agent', '--standalone', '--policies', folder, '--socket', socket, '--lock', lock];
  const child = spawn(process.execPath, [mainPath, ...words, '--metrics', 'none', '--period', '1'], {
    stdio: 'ignore',
  });
  const gone = once(child, 'exit');
  try {
    await answering(socket, child);
    await use({ socket, lock, policies: folder, child });
  } finally {
    child.kill('SIGTERM');
    const [code] = await gone;
    rmSync(folder, { recursive: true });
    assert.equal(code, 0, 'the agent ends with 0 on SIGTERM');
  }
}

async function answering(socket: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (existsSync(socket) && (await ebb(['why', '--socket', socket, '--json'])).code === 0) return;
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
    await sleep(50);
  }
  throw new Error('the agent did not answer');
}

/** Until the agent has looked at both containers. */
async function seen(socket: string) {
  for (let tries = 0; ; tries++) {
    const state = whyShape.parse(JSON.parse((await ebb(['why', '--socket', socket, '--json'])).out));
    const one = state.containers.find(({ id }) => id === chosen);
    if (one !== undefined && one.decisions.length > 0) return state;
    if (tries > 100) throw new Error('the agent did not decide');
    await sleep(100);
  }
}

test('ebb why explains what a running agent decided, and why not; ebb ps shows it too', async () => {
  await withCgroup(`${pod}/${chosen}`, {}, (cgroup) =>
    withCgroup(`${pod}/${other}`, {}, async (unchosen) => {
      await using target = await Target.start({ cgroup });
      await using neighbour = await Target.start({ cgroup: unchosen });
      await target.anon(8 << 20);
      await neighbour.anon(8 << 20);
      await withAgent(async ({ socket, lock, policies, child }) => {
        const state = await seen(socket);
        assert.equal(state.agent.pid, child.pid);
        const json = await ebb(['why', 'eb6', '--socket', socket, '--json']);
        const one = whyContainerShape.parse(JSON.parse(json.out));
        assert.deepEqual([one.id, one.policy, one.mode], [chosen, 'quiet', 'DryRun']);

        const text = await ebb(['why', chosen, '--socket', socket]);
        assert.equal(text.code, 0, text.err);
        assert.match(text.out, new RegExp(`^reason +${one.reason}: `, 'm'));
        assert.match(text.out, /^policy +quiet \(DryRun\)$/m);
        assert.ok(printable(text));

        const not = await ebb(['why', 'eb7', '--socket', socket]);
        assert.equal(not.code, 0, not.err);
        assert.match(not.out, /NoPolicy: no policy selects this container/);
        assert.equal((await ebb(['why', 'dead', '--socket', socket])).code, 1);
        assert.match((await ebb(['why', 'eb', '--socket', socket])).err, /write more of it/);

        const all = await ebb(['why', '--socket', socket]);
        assert.match(all.out, /policies: quiet \(DryRun\)/);
        assert.match(all.out, /^eb6a/m);

        const listed = psShape.parse(JSON.parse((await ebb(['ps', '--socket', socket, '--json'])).out));
        assert.notEqual(listed.containers.find(({ id }) => id === chosen)?.state, null);

        const second = ['agent', '--standalone', '--policies', policies, '--lock', lock, '--metrics', 'none'];
        const refused = await ebb([...second, '--socket', `${socket}2`]);
        assert.equal(refused.code, 3, refused.err);
        assert.match(refused.err, /refused \(AnotherAgent\)/);
      });
    }),
  );
});
