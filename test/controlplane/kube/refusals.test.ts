/** A real API server that answers 429 for a while: who lists, watches and applies is told, and goes on. */
import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../../kube/apply.ts';
import { connect } from '../../../kube/connect.ts';
import type { Connection } from '../../../kube/connection.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { ConfigMaps, configMaps, connectTo, equalsFreshList, follow, until } from './config-maps.ts';
import { inBursts, refuseWith429 } from './refusals.ts';

const subject = { kind: 'User', user: { name: 'crowd' } } as const;

let plane: ControlPlane;
let direct: Connection;
let refused: Connection;

before(async () => {
  plane = await startControlPlane();
  direct = await connectTo(plane);
  await plane.kubectlOk(['create', 'clusterrolebinding', 'crowd', '--clusterrole=cluster-admin', '--user=crowd']);
  refused = await connect({ kubeconfig: plane.kubeconfigOf({ user: 'crowd', groups: [] }) });
});
after(async () => {
  direct?.[Symbol.dispose]();
  refused?.[Symbol.dispose]();
  await plane?.stop();
});

/** More requests of that user than may be answered at a time, until disposed. */
function crowd(): AsyncDisposable {
  let goes = true;
  const ask = async (): Promise<void> => {
    while (goes) await refused.request({ method: 'GET', path: '/api/v1/configmaps' }).catch(() => sleep(300));
  };
  const all = Array.from({ length: 2 }, ask);
  return {
    [Symbol.asyncDispose]: async () => {
      goes = false;
      await Promise.all(all);
    },
  };
}

test('a list-watch that is answered with 429 for a while waits as it is asked to, and has all of it in the end', async () => {
  const maps = await ConfigMaps.make(direct, 'crowded');
  await maps.createMany(30, 'map');
  await using followed = await follow(refused, 'crowded', { watchSeconds: 1 });
  const told: number[] = [];
  /** A watch that has nothing to tell is asked for again later and later: each time there is a change. */
  const refusals = async (): Promise<number> => {
    await maps.change('map-0', { at: String(performance.now()) });
    const { trouble } = followed.list;
    if (trouble?.code === 'TooManyRequests') told.push(trouble.retryAfterMillis ?? 0);
    return followed.list.counters.errors.TooManyRequests;
  };
  {
    await using _ = crowd();
    await inBursts(1, () => refuseWith429(plane, subject), refusals);
  }
  assert.ok(told.length > 0 && told.every((millis) => millis >= 1000), told.join());
  for (let turn = 0; turn < 10; turn++) await maps.stir(turn);
  await equalsFreshList(followed.list.store, maps, 45_000);
  assert.equal(followed.list.counters.lists, 1);
});

test('an apply that is answered with 429 says so, with the time to wait, and has changed nothing', async () => {
  const maps = await ConfigMaps.make(direct, 'applied');
  const applied = async (name: string) => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'applied', name } };
    return await apply(refused, configMaps, object, { fieldManager: 'crowd' }).catch((error: unknown) => error);
  };
  await using _ = crowd();
  await using _refusing = await refuseWith429(plane, subject);
  let name = '';
  let error: unknown;
  const isRefused = async (): Promise<boolean> => {
    name = `map-${performance.now()}`;
    error = await applied(name);
    return isKubeError(error);
  };
  await until('a refusal', isRefused, 10_000);
  assert.ok(isKubeError(error, 'TooManyRequests'));
  assert.equal(error.status, 429);
  assert.ok(error.retryAfterMillis! >= 1000, `${error.retryAfterMillis} ms`);
  assert.equal(
    (await maps.all()).some(({ metadata }) => metadata.name === name),
    false,
  );
});
