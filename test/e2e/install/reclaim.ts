/** A policy that acts: where its namespace allows it, idle pods are paged out, and all that Ebb says of it is so. */
import assert from 'node:assert/strict';
import { parseQuantity } from '../../../api/quantity.ts';
import { policy } from './policy.ts';
import { appBytes, policyName, shop, type Tell } from './stage.ts';

export const bytesOf = (quantity: string | undefined): number => {
  const parsed = parseQuantity(quantity ?? '0');
  assert.ok('bytes' in parsed, quantity);
  return parsed.bytes;
};

export function reclaim(tell: Tell): void {
  tell('a policy that says Enforce is held back, and its author told, until the namespace allows it', async (stage) => {
    const { plane } = stage.ebb;
    const { code, err } = await plane.kubectl(['apply', '-f', '-'], { input: JSON.stringify(policy) });
    assert.equal(code, 0, err);
    assert.match(err, /Warning: .*ebb\.dev\/allow/);
    await stage.until('an Event', () => stage.told('EnforceNotAllowed'), 20);
    const accepted = (await stage.policy()).conditions?.find(({ type }) => type === 'Accepted');
    assert.equal(accepted?.reason, 'EnforceNotAllowed');
    assert.ok(stage.areIn());
  });

  tell('idle pods of every QoS class are paged out, as the kernel counts it', async (stage, t) => {
    await stage.ebb.kubectlOk('label', 'namespace', shop, 'ebb.dev/allow=enforce');
    const millis = await stage.until('every pod to be out', () => stage.areOut(), 60);
    t.diagnostic(`out ${(millis / 1000).toFixed(1)} s after the label`);
  });

  tell('the status of the policy and its top pods say so', async (stage) => {
    const { apps } = stage;
    // A report may be of the middle of a pass, and the next comes when a state changes: so much is out, or more.
    const check = async () => {
      const status = await stage.policy();
      assert.equal(status.matchedPods, apps.length);
      assert.equal(status.idleContainers, apps.length);
      assert.ok(bytesOf(status.reclaimedBytesTotal) > 0, `reclaimed ${status.reclaimedBytesTotal}`);
      assert.ok(bytesOf(status.swappedBytes) > 0.5 * apps.length * appBytes, `swapped ${status.swappedBytes}`);
      const top = status.topPods ?? [];
      assert.deepEqual(top.map(({ name }) => name).toSorted(), apps.map(({ name }) => name).toSorted());
      for (const { name, node } of top) assert.equal(node, apps.find((app) => app.name === name)!.node, name);
    };
    await stage.settles('the status of the policy', check, 40);
  });

  tell('the objects of the nodes, metrics and Events say so', async (stage) => {
    const { apps } = stage;
    const check = async () => {
      const containers = (await stage.nodes()).flatMap((node) => node.status.containers ?? []);
      const out = containers.filter(({ state, lastAdvice }) => state === 'PagedOut' && lastAdvice === 'PageOut');
      assert.equal(out.length, apps.length);
      assert.ok(await stage.told('Accepted'), 'that it is allowed now');
    };
    await stage.settles('the objects', check, 40);
    const unmapped = await stage.metric(/^ebb_unmapped_bytes_total\{policy="shop\/idle"\}/);
    assert.ok(unmapped > 0.9 * apps.length * appBytes, `${unmapped} bytes`);
  });

  tell('woken pods have every byte that they had, and what came back is counted', async (stage) => {
    for (const app of stage.apps) await app.assertIntact();
    assert.ok(stage.areIn());
    const back = async () => bytesOf((await stage.policy()).refaultedBytesTotal) > 0.4 * stage.apps.length * appBytes;
    await stage.until('the status of the policy', back, 30);
    await stage.until('them to be out again', () => stage.areOut(), 60);
    assert.equal((await stage.policy(policyName)).conditions?.find(({ type }) => type === 'Effective')?.status, 'True');
  });
}
