/**
 * The leader is killed or stopped in the middle of its work, on a real API server while the cluster goes on changing: the
 * other takes over, nothing is lost, nothing is written twice, and nobody writes what was true before.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';
import { until } from '../kube/config-maps.ts';
import type { OperatorProcess } from './operator-process.ts';
import { becomesAsPlanned } from './planned.ts';
import { StirredCluster } from './stirred-cluster.ts';

/** What the design promises. */
const takeOverMillis = 20_000;

/** For the environment of a process whose wall clock is to be wrong by an hour. */
const hourMillis = 3_600_000;
const wrongClock = encodeURIComponent(`
  const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given) {
      super(...(given.length === 0 ? [Date.now()] : given));
    }
    static now() {
      return Right.now() - ${hourMillis};
    }
  };
`);
const anHourBehind = { NODE_OPTIONS: `--import=data:text/javascript,${wrongClock}` };

const settled = (operator: OperatorProcess, outcome: 'Written' | 'Removed') =>
  operator.metric(`ebb_operator_settled_total{outcome="${outcome}"}`);

/** One that leads and is in the middle of its work, and one that follows. */
async function two(
  cluster: StirredCluster,
  env: Readonly<Record<string, string>> = {},
): Promise<[OperatorProcess, OperatorProcess]> {
  const first = await cluster.operator();
  await first.says('Leading', 20_000);
  const second = await cluster.operator(undefined, env);
  await second.says('Watching the cluster', 20_000);
  await sleep(3000);
  assert.ok((await settled(first, 'Written')) > 20, 'in the middle of its work');
  assert.equal(second.count('Leading'), 0);
  return [first, second];
}

/** Milliseconds; and how many versions of objects there were before it wrote its first. */
async function takesOver(cluster: StirredCluster, follower: OperatorProcess) {
  const { turn } = cluster;
  // What was on its way when the leader was hit arrives now, and no other comes before the lease has run out.
  const begun = performance.now();
  await sleep(1000);
  const { versions } = cluster.history;
  assert.equal(follower.count('Leading'), 0);
  await follower.says('Leading', takeOverMillis - 1000);
  assert.ok(cluster.turn > turn + 20, 'the cluster went on meanwhile');
  return { millis: performance.now() - begun, versions };
}

/**
 * Each write that the new leader counted made one version, which the watch told; none of them went back. The object that
 * takes the place of a removed one may be written once more before it is seen: that changes nothing and makes no version.
 */
async function wroteEachOnce({ objects, history }: StirredCluster, leader: OperatorProcess, versionsBefore: number) {
  await becomesAsPlanned(objects, 20_000);
  await sleep(500);
  const versions = history.versions - versionsBefore;
  assert.equal(history.lists, 1, 'the watch told every version');
  assert.ok(versions > 0);
  const again = (await settled(leader, 'Written')) - versions;
  const removed = await settled(leader, 'Removed');
  assert.ok(0 <= again && again <= removed, `${again} writes without a version, ${removed} objects removed`);
  assert.deepEqual(history.stepsBack, []);
}

/** That it saw none is worth nothing unless it would. */
async function seesStepsBack({ objects, history }: StirredCluster, older: KubeObject): Promise<void> {
  await objects.patch(resources.nodeAdvices, { name: older.metadata.name }, { spec: older['spec'] });
  await until('the step back to be seen', () => history.stepsBack.length > 0, 5000);
}

describe('two operators, of which one leads', { concurrency: true }, () => {
  test('the leader is killed: the other, with a clock that is wrong, leads within 20 s; nothing is lost or made twice', async () => {
    await using cluster = await StirredCluster.start();
    const [first, second] = await two(cluster, anHourBehind);
    const clock = new Date(String(second.lines[0]!['time'])).getTime();
    assert.ok(Date.now() - clock > hourMillis, 'its clock is wrong');
    const older = (await cluster.objects.advice('node-1'))!;
    await first.end('SIGKILL');
    const { millis, versions } = await takesOver(cluster, second);
    await sleep(1000);
    await cluster.rest();
    await wroteEachOnce(cluster, second, versions);
    await seesStepsBack(cluster, older);
    console.log(`led ${(millis / 1000).toFixed(1)} s after the kill`);
  });

  test('a leader that is stopped past its lease wakes, knows that it leads no more, and writes nothing', async () => {
    await using cluster = await StirredCluster.start();
    const [first, second] = await two(cluster);
    const said = first.lines.length;
    first.signal('SIGSTOP');
    const { millis, versions } = await takesOver(cluster, second);
    await sleep(2000);
    first.signal('SIGCONT');
    const woke = await first.says('Leading no more', 3000, said);
    const writtenByFirst = await settled(first, 'Written');
    await sleep(1000);
    await cluster.rest();
    await wroteEachOnce(cluster, second, versions);
    assert.equal(first.count('Leading', said), 0);
    assert.equal(await settled(first, 'Written'), writtenByFirst);
    console.log(
      `led ${(millis / 1000).toFixed(1)} s after the stop; the one that woke knew after ${woke.toFixed(0)} ms`,
    );
  });
});
