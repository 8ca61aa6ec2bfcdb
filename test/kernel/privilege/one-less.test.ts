/** With one capability less the missing one is named wherever somebody looks, and the agent goes on with what is left. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { Target } from '../../targets/target.ts';
import { probeShape } from '../../unit/cli/shapes.ts';
import { type Agent, startAgent } from '../agent/agent.ts';
import { policy } from '../agent/policy.ts';
import { withCgroup } from '../cgroup.ts';
import { ebb } from '../cli/ebb.ts';
import { acquireSwap, type Swap } from '../swap.ts';

const mib = 2 ** 20;

let swap: Swap;
before(async () => {
  swap = await acquireSwap({ kind: 'zram', bytes: 256 * mib });
});
after(() => swap?.release());

const without = (capability: string): string[] => [
  'setpriv',
  '--bounding-set',
  `-${capability}`,
  '--inh-caps',
  `-${capability}`,
];

async function missingIn(through: readonly string[]): Promise<string[]> {
  const said = await ebb(['probe', '--json'], { through });
  assert.equal(said.code, 0, said.err);
  const rights = /^Missing(SysPtrace|SysNice|DacReadSearch)$/;
  return probeShape.parse(JSON.parse(said.out)).missing.flatMap(({ what }) => (rights.test(what) ? [what] : []));
}

const warned = async (agent: Agent): Promise<unknown> => (await agent.line('Missed a right'))['reason'];

async function endsInOrder(agent: Agent): Promise<void> {
  agent.child.kill('SIGTERM');
  assert.equal((await agent.ended).code, 0);
}

for (const [capability, reason] of [
  ['sys_ptrace', 'MissingSysPtrace'],
  ['sys_nice', 'MissingSysNice'],
] as const) {
  test(`without ${capability} the agent says ${reason}, observes, and touches nothing`, () =>
    withCgroup('less', {}, async (cgroup) => {
      assert.deepEqual(await missingIn(without(capability)), [reason]);
      await using target = await Target.start({ cgroup });
      const region = await target.anon(32 * mib);
      await using agent = startAgent({ 'a.yaml': policy(cgroup.path) }, {}, without(capability));
      assert.equal(await warned(agent), reason);
      const seen = await agent.container(cgroup.path, (state) => state.reason === reason);
      assert.ok(seen.anonBytes >= 32 * mib, 'it is still looked at');
      assert.equal((await agent.state()).agent.held, reason);
      assert.equal((await agent.outside('/healthz')).status, 200);
      assert.match((await agent.outside('/metrics')).body, new RegExp(`^ebb_held\\{reason="${reason}"\\} 1$`, 'm'));
      assert.equal((await target.pages(region)).presentBytes, 32 * mib);
      await endsInOrder(agent);
    }));
}

test('without dac_read_search MissingDacReadSearch is said, and other users’ memory is paged out all the same', () =>
  withCgroup('less', {}, async (cgroup) => {
    assert.deepEqual(await missingIn(without('dac_read_search')), ['MissingDacReadSearch']);
    await using target = await Target.start({ cgroup, uid: 12345 });
    const region = await target.anon(32 * mib);
    await using agent = startAgent({ 'a.yaml': policy(cgroup.path) }, {}, without('dac_read_search'));
    assert.equal(await warned(agent), 'MissingDacReadSearch');
    await agent.container(cgroup.path, ({ state }) => state === 'PagedOut');
    assert.equal((await agent.state()).agent.held, null);
    assert.ok((await target.pages(region)).swappedBytes >= 30 * mib);
    await endsInOrder(agent);
  }));

test('with all of them nothing is said to be missing', async () => {
  assert.deepEqual(await missingIn([]), []);
  await using agent = startAgent({});
  await agent.line('Started agent');
  assert.ok(!agent.lines.some(({ msg }) => msg === 'Missed a right'));
});
