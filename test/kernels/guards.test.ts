/** What cgroup v2 says of a container, and what the agent makes of it: advised or not, and the reason it gives. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import type { Reason } from '../../api/reasons.ts';
import { type Agent, startAgent } from '../kernel/agent/agent.ts';
import { policy, type Spec } from '../kernel/agent/policy.ts';
import { type Cgroup, type CgroupMemory, withCgroup } from '../kernel/cgroup.ts';
import { withSwap } from '../kernel/swap.ts';
import type { Region } from '../targets/driver.ts';
import { Target } from '../targets/target.ts';

const MiB = 1024 * 1024;
const size = 24 * MiB;
const swap = { kind: 'zram', bytes: 256 * MiB } as const;
/** Emulated, a look may take longer than the usual period: three missed ones and the agent waits for a new window. */
const periodSeconds = 2;

interface Case {
  readonly agent: Agent;
  readonly cgroup: Cgroup;
  readonly target: Target;
  readonly region: Region;
}

/** One container of 24 MiB, prepared, under an agent with a policy for it. */
async function under(
  memory: CgroupMemory,
  spec: Spec,
  prepare: (cgroup: Cgroup, target: Target) => unknown,
  use: (all: Case) => Promise<void>,
) {
  await withSwap(swap, () =>
    withCgroup('guarded', memory, async (cgroup) => {
      await using target = await Target.start({ cgroup });
      const region = await target.anon(size);
      await prepare(cgroup, target);
      const text = policy(cgroup.path, { steps: [{ advice: 'PageOut', afterIdleSeconds: 0 }], ...spec });
      await using agent = startAgent({ 'a.yaml': text }, { periodSeconds });
      await agent.line('Started agent');
      await use({ agent, cgroup, target, region });
    }),
  );
}

const nothing = () => undefined;
const held = ({ agent, cgroup }: Case, reason: Reason) =>
  agent.container(cgroup.path, (state) => state.reason === reason && state.passRunning === null);

/** Nothing was paged out: asked of the kernel from outside, since a frozen target can't answer. */
const swapped = ({ cgroup }: Case): number => Number(cgroup.read('memory.swap.current'));

test('memory.swap.max 0 is SwapForbidden, and nothing is tried', async () => {
  await under({ swapMaxBytes: 0 }, {}, nothing, async (all) => {
    const state = await held(all, 'SwapForbidden');
    assert.equal(state.blocker?.signal, 'memory.swap.max');
    assert.equal(state.ledger.passes, 0);
    assert.match(all.cgroup.read('memory.swap.events'), /^fail 0$/m);
  });
});

test('memory.swap.max too small is paged out as far as it goes, then SwapLimited with the room that is left', async () => {
  await under({ swapMaxBytes: 8 * MiB }, {}, nothing, async (all) => {
    const state = await held(all, 'SwapLimited');
    assert.equal(state.blocker?.signal, 'memory.swap.max.room');
    assert.ok(swapped(all) > 4 * MiB && swapped(all) <= 8 * MiB, `${swapped(all)} bytes are in swap`);
    assert.equal(await all.target.brokenPages(all.region), 0);
  });
});

test('what memory.min protects is Protected and stays', async () => {
  const protect = (cgroup: Cgroup) => {
    // A cgroup is protected as far as all above it are.
    writeFileSync(join(dirname(cgroup.folder), 'memory.min'), String(256 * MiB));
  };
  await under({ minBytes: 256 * MiB }, {}, protect, async (all) => {
    const state = await held(all, 'Protected');
    assert.ok(state.blocker!.allowed >= 256 * MiB, JSON.stringify(state.blocker));
    assert.equal(swapped(all), 0);
  });
});

test('a frozen container is Frozen and left alone until it is thawed', async () => {
  await under(
    {},
    {},
    (cgroup) => cgroup.freeze(true),
    async (all) => {
      await held(all, 'Frozen');
      assert.equal(swapped(all), 0);
      await all.cgroup.freeze(false);
      await all.agent.container(all.cgroup.path, (state) => state.state === 'PagedOut');
      assert.ok(swapped(all) > 0.9 * size, `${swapped(all)} bytes are in swap`);
      assert.equal(await all.target.brokenPages(all.region), 0);
    },
  );
});

test('pressure of the container itself is ContainerPressure', async () => {
  const pressure = [{ resource: 'CPU', scope: 'Container', kind: 'Some', maxStallMillisecondsPerMinute: 1000 }];
  // Busy and yet idle by this policy; it waits for its own quota, the node has a CPU to spare.
  const spec: Spec = { idle: { maxCPUMillicores: 100_000 }, guards: { pressure } };
  const throttle = async (cgroup: Cgroup, target: Target) => {
    await target.startSpin();
    cgroup.write('cpu.max', '10000 100000');
  };
  await under({}, spec, throttle, async (all) => {
    const state = await held(all, 'ContainerPressure');
    assert.equal(state.blocker?.signal, 'pressureContainerCPUSome');
    assert.equal(swapped(all), 0);
  });
});
