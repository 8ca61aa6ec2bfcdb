/** Totals, whatever becomes of nodes, agents and operators: a history of writes as the API server would take them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { policyStatus } from '../../../api/policy-status.ts';
import type { NodeReport } from '../../../operator/node-report.ts';
import { overviewOf, type Situation } from '../../../operator/situation.ts';
import { changeOf, policyStatusOf } from '../../../operator/status.ts';
import { hasReached, vanishedIn } from '../../../operator/vanished.ts';
import { now, objectOf, reportOf, situationOf } from './reported.ts';
import { cluster, clusterPolicy, node, pod } from './small-cluster.ts';

const uid = 'uid-p';
const policy = clusterPolicy('p');
const snapshot = cluster({ policies: [policy], pods: [pod('a', { node: 'n' })], nodes: [node('n')] });
const base: Situation = situationOf(snapshot, () => undefined);
const { spec } = base.plan.nodes.get('n')!;
const reporting = (name: string, bytes: number): NodeReport =>
  reportOf(name, spec, { policies: [{ uid, reclaimedBytesTotal: bytes, netByteSeconds: `${bytes}` }] }, { uid: name });

interface Step {
  readonly does: 'report' | 'fold' | 'remove' | 'lose' | 'write' | 'restart';
  /** Which node, of those that there are. */
  readonly on: number;
  readonly bytes: number;
}

/** One policy, its nodes, and an operator that may end at any time. */
class History {
  status: unknown = undefined;
  /** Everything that any agent ever reached. */
  reached = 0n;
  readonly live = new Map<string, NodeReport>();
  #seen = new Map<string, NodeReport>();
  #going = new Map<string, NodeReport>();
  #isFirst = true;
  #named = 0;

  do(step: Step): void {
    if (step.does === 'write') this.write();
    else if (step.does === 'restart') this.#restart();
    else if (step.does === 'report') this.#report(step.on, step.bytes);
    else if (step.does === 'fold') this.#fold(this.#pick(step.on));
    else if (step.does === 'lose') this.#lose(this.#pick(step.on));
    else this.live.delete(this.#pick(step.on) ?? '');
  }

  #restart(): void {
    this.#going.clear();
    this.#seen = new Map();
    this.#isFirst = true;
  }

  #pick(on: number): string | undefined {
    return [...this.live.keys()][on % Math.max(1, this.live.size)];
  }

  /** A node whose object was folded in is gone, and reports no more. */
  #report(on: number, bytes: number): void {
    const old = on % 3 === 0 ? undefined : this.#pick(on);
    const name = old === undefined || vanishedIn(this.status).objects.has(old) ? `n${this.#named++}` : old;
    const before = this.live.get(name)?.policies.get(uid)?.row?.reclaimedBytes ?? 0;
    this.live.set(name, reporting(name, before + bytes));
    this.reached += BigInt(bytes);
  }

  #lose(name: string | undefined): void {
    if (name !== undefined) this.live.set(name, reporting(name, 0));
  }

  /** As reports.ts does it: what is to go counts, is written, and only then goes. */
  #fold(name: string | undefined): void {
    const report = this.live.get(name ?? '');
    if (!report || !hasReached(uid, report)) return;
    this.#going.set(report.uid, report);
    this.write();
    assert.ok(vanishedIn(this.status).objects.has(report.uid));
  }

  write(): void {
    for (const report of this.#seen.values()) if (!this.live.has(report.uid)) this.#going.set(report.uid, report);
    this.#seen = new Map(this.live);
    for (const object of vanishedIn(this.status).objects) this.#going.delete(object);
    const before = { status: this.status, going: [...this.#going.values()], isFirst: this.#isFirst };
    const next = this.#made(before, [...this.live.values()]);
    assert.deepEqual(this.#made(before, [...this.live.values()].reverse()), next, 'in any order');
    const text = JSON.stringify(next);
    this.status = JSON.parse(text);
    policyStatus.parse(this.status);
    this.#isFirst = false;
    const again = this.#made({ status: this.status, going: [], isFirst: false }, [...this.live.values()]);
    assert.ok(changeOf(this.status, again) !== 'More', 'only what is counted already may go from the list');
  }

  #made(before: Parameters<typeof policyStatusOf>[1], reports: NodeReport[]) {
    return policyStatusOf(objectOf(policy), before, overviewOf({ ...base, reports }), now);
  }

  get total(): bigint {
    return BigInt((this.status as { reclaimedBytesTotal: string } | undefined)?.reclaimedBytesTotal ?? 0);
  }
}

const stepOf = (...kinds: readonly Step['does'][]): fc.Arbitrary<Step> =>
  fc.record({
    does: fc.constantFrom<Step['does']>('report', 'report', ...kinds),
    on: fc.nat(100),
    bytes: fc.nat(1000),
  });

test('law: totals never fall, whatever goes, in whatever order, and whoever looks', () => {
  const steps = fc.array(stepOf('fold', 'remove', 'lose', 'write', 'restart'), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const history = new History();
      let most = 0n;
      for (const step of all) {
        history.do(step);
        assert.ok(history.total >= most, `${history.total} after ${most}`);
        most = history.total;
      }
    }),
    { numRuns: 300 },
  );
});

test('law: while an operator looks, every byte is counted once, whether objects were folded in before they went or not', () => {
  const steps = fc.array(stepOf('fold', 'remove', 'write'), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const history = new History();
      for (const step of all) {
        if (step.does === 'remove') history.write();
        history.do(step);
      }
      history.write();
      assert.equal(history.total, history.reached);
    }),
    { numRuns: 300 },
  );
});

test('law: an operator that ends between the fold and the removal of the object counts it once', () => {
  const steps = fc.array(stepOf('fold', 'restart', 'write'), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const history = new History();
      for (const step of all) history.do(step);
      while (history.live.size > 0) {
        history.do({ does: 'fold', on: 0, bytes: 0 });
        history.do({ does: 'restart', on: 0, bytes: 0 });
        history.do({ does: 'fold', on: 0, bytes: 0 });
        history.do({ does: 'remove', on: 0, bytes: 0 });
        history.do({ does: 'restart', on: 0, bytes: 0 });
      }
      history.write();
      assert.equal(history.total, history.reached);
    }),
    { numRuns: 200 },
  );
});
