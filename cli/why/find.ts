/** Which of the agent's containers the user means: the start of an ID, or a cgroup path. */
import type { ContainerState } from '../../node-agent/report/state.ts';

export type Found =
  | { readonly kind: 'one'; readonly container: ContainerState }
  | { readonly kind: 'none' }
  | { readonly kind: 'many'; readonly cgroups: readonly string[] };

export function findState(containers: readonly ContainerState[], asked: string): Found {
  const path = asked.replace(/\/+$/, '');
  const exact = containers.filter((one) => one.id === asked || one.cgroup === path);
  const matches = exact.length > 0 ? exact : containers.filter((one) => startsLike(one, asked));
  if (matches.length === 1) return { kind: 'one', container: matches[0]! };
  if (matches.length === 0) return { kind: 'none' };
  return { kind: 'many', cgroups: matches.map((one) => one.cgroup) };
}

const startsLike = (one: ContainerState, asked: string): boolean =>
  one.id?.startsWith(asked.toLowerCase()) === true || one.podUID === asked;
