/** The policies of a folder as the tick takes them. Nobody holds an agent without a cluster back: a signal ends it. */
import { formatError } from '../../api/documents.ts';
import { noSwapLimits } from '../decide/swap-bounds.ts';
import { noOrders, type Policies, type Source } from '../source.ts';
import { cgroupPatterns, selectProfile } from './match.ts';
import type { PolicySet, PolicyWatch } from './policies.ts';

export function sourceOf(watch: PolicyWatch): Source {
  let made: { readonly from: PolicySet; readonly policies: Policies } | null = null;
  return {
    policies: () => {
      const set = watch.current();
      if (made?.from !== set) made = { from: set, policies: policiesOf(set) };
      return made.policies;
    },
    orders: () => noOrders,
    refresh: () => void watch.refresh(),
    begin: () => undefined,
    close: () => watch.close(),
  };
}

export function policiesOf({ profiles, errors, generation }: PolicySet): Policies {
  return {
    profiles: profiles.map(({ profile }) => profile),
    generation,
    cgroups: cgroupPatterns(profiles),
    errors: errors.map(formatError),
    swapLimits: noSwapLimits,
    select: (container) => selectProfile(profiles, container),
    errorOf: ({ source }) => {
      const wrong = errors.find(({ file }) => file === source.file);
      return wrong === undefined ? null : formatError(wrong);
    },
  };
}
