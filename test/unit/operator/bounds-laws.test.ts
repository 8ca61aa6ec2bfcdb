import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { nodeProfile } from '../../../api/node-profile.ts';
import { type LimitSpec, type Rules, tighten } from '../../../operator/bounds.ts';
import { budgetOf, namespaceBudget, nodeBudget } from '../../../operator/budgets.ts';
import { candidateOf } from '../../../operator/candidate.ts';
import { candidateLimitOf } from '../../../operator/candidates.ts';
import { Profiles, rulesOf } from '../../../operator/profiles.ts';
import { someLimit, somePolicy } from './generated.ts';
import { looserThanLimits } from './looser.ts';

const someRules = somePolicy.map(rulesOf);
const limits = fc.array(someLimit, { maxLength: 4 }).map((all) => all.map(({ spec }) => spec));
const apply = (rules: Rules, all: readonly (LimitSpec | null)[]): Rules => all.reduce(tighten, rules);

test('law: a limit never loosens', () => {
  fc.assert(
    fc.property(someRules, limits, (rules, all) => assert.deepEqual(looserThanLimits(apply(rules, all), rules), [])),
  );
});

test('law: limits applied twice do what they do once: no limit has anything left to tighten', () => {
  fc.assert(
    fc.property(someRules, limits, (rules, all) => {
      const tight = apply(rules, all);
      for (const one of all) assert.deepEqual(tighten(tight, one), tight);
    }),
  );
});

test('law: the order of limits does not matter', () => {
  const shuffled = limits.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(someRules, shuffled, (rules, [all, other]) => assert.deepEqual(apply(rules, other), apply(rules, all))),
  );
});

test('law: what limits leave of a policy is a profile that the agent takes', () => {
  fc.assert(
    fc.property(somePolicy, fc.array(someLimit, { maxLength: 3 }), fc.boolean(), (policy, all, allowed) => {
      const { profile, bytes } = new Profiles().of(candidateOf(policy), all.map(candidateLimitOf), allowed);
      assert.deepEqual(nodeProfile.parse(profile), profile);
      assert.equal(bytes, JSON.stringify(profile).length);
      if (!allowed) assert.notEqual(profile.mode, 'Enforce');
    }),
  );
});

test('law: budgets are as tight as the tightest, in any order', () => {
  const budgets = fc.array(someLimit, { maxLength: 4 }).map((all) => all.map(({ spec }) => budgetOf(spec)));
  fc.assert(
    fc.property(budgets, (all) => {
      assert.deepEqual(nodeBudget(all.toReversed()), nodeBudget(all));
      const [node, namespace] = [nodeBudget(all), namespaceBudget(all)];
      for (const one of all) {
        const [own, ownNamespace] = [nodeBudget([one]), namespaceBudget([one])];
        assert.ok((node?.maxBytesPerSecond ?? Infinity) <= (own?.maxBytesPerSecond ?? Infinity));
        assert.ok((node?.maxSwapWriteBytesPerDay ?? Infinity) <= (own?.maxSwapWriteBytesPerDay ?? Infinity));
        assert.ok((node?.minSwapFreePercent ?? 0) >= (own?.minSwapFreePercent ?? 0));
        assert.ok((namespace ?? Infinity) <= (ownNamespace ?? Infinity));
      }
    }),
  );
});
