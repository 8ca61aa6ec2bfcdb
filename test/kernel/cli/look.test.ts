import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Target } from '../../targets/target.ts';
import { probeShape, psShape } from '../../unit/cli/shapes.ts';
import { withCgroup } from '../cgroup.ts';
import { ebb, printable } from './ebb.ts';

test('ebb probe says what the kernel answered for each advice, Mergeable and Unmergeable too', async () => {
  const said = await ebb(['probe', '--json']);
  assert.equal(said.code, 0, said.err);
  const probe = probeShape.parse(JSON.parse(said.out));
  const answers = Object.fromEntries(probe.advice.map(({ name, error }) => [name, error]));
  assert.deepEqual(
    [answers['Cold'], answers['PageOut'], answers['WillNeed'], answers['Collapse']],
    [null, null, null, null],
  );
  assert.deepEqual([answers['Mergeable'], answers['Unmergeable']], ['EINVAL', 'EINVAL']);
  const text = (await ebb(['probe'])).out;
  assert.match(text, /^Mergeable +12 +refused \(EINVAL\)$/m);
  for (const { what } of probe.missing) assert.ok(text.includes(`missing: ${what}: `));
});

const pod = '/kubepods/besteffort/podaaaaaaaa-2222-3333-4444-555555555555';
const containerId = `eb5${'a'.repeat(61)}`;

test('ebb ps shows a container, its processes by host and container PID, and hostile names escaped', async () => {
  await withCgroup(`${pod}/${containerId}`, {}, async (cgroup) => {
    await using target = await Target.start({ cgroup, pidNamespaces: 2 });
    await target.anon(16 << 20);
    await target.setComm(Buffer.from('\x1b]0;owned\x07\x9b\xff', 'latin1'));
    const said = await ebb(['ps', '--json']);
    assert.equal(said.code, 0, said.err);
    const one = psShape.parse(JSON.parse(said.out)).containers.find(({ id }) => id === containerId);
    assert.equal(one?.qosClass, 'BestEffort');
    assert.equal(one?.podUID, 'aaaaaaaa-2222-3333-4444-555555555555');
    const process = one?.processes.find(({ pid }) => pid === target.pid);
    assert.equal(process?.containerPid, target.innerPid);
    assert.equal(process?.nsPids.length, 3);
    assert.ok(process.rssAnonBytes >= 16 << 20);
    assert.equal(process.comm, '\x1b]0;owned\x07\\x9b\\xff');
    for (const words of [['ps'], ['ps', '--wide'], ['ps', '--all', '--sort', 'pid']]) {
      const table = await ebb(words);
      assert.equal(table.code, 0);
      assert.ok(printable(table), JSON.stringify(table.out));
      assert.match(table.out, /\\x1b\]0;owned\\x07\\x9b\\xff/);
      assert.match(table.out, /eb5a.*BestEffort/);
    }
  });
});

test('ebb ps --all lists this very process with its cgroup', async () => {
  const said = await ebb(['ps', '--all', '--json']);
  const { containers } = psShape.parse(JSON.parse(said.out));
  assert.ok(containers.some((one) => one.processes.some(({ pid }) => pid === process.pid)));
});

test('ebb why without an agent says so and exits 1', async () => {
  const said = await ebb(['why', '--socket', '/nowhere/agent.sock']);
  assert.equal(said.code, 1);
  assert.match(said.err, /^ebb: no agent runs here: .*\n$/);
});

test('ebb why believes nobody who answers like no agent, and says so in one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-cli-'));
  const socket = join(folder, 'agent.sock');
  const answers = ['not json', '[]', '{"containers":[]}', 'null'];
  const server = createServer((_, response) => response.end(answers.shift() ?? ''));
  try {
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    for (let left = answers.length; left > 0; left--) {
      const said = await ebb(['why', '--socket', socket]);
      assert.equal(said.code, 1);
      assert.match(said.err, /^ebb: [^\n]+\n$/);
      assert.ok(printable(said));
    }
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
