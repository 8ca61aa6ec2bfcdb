/**
 * Which policies and limits can concern a pod at all, by its namespace and node: selectors are compiled once, and the
 * answer for a namespace is kept until a policy, a limit or that namespace changes. select.ts asks the pods.
 */
import { type Budget, budgetOf } from './budgets.ts';
import { type Candidate, facesOf } from './candidate.ts';
import { byPrecedence, byText } from './precedence.ts';
import { type Matches, matchesAll, selectorMatches } from './selectors.ts';
import type { Limit, Namespace, Node, Policy } from './snapshot.ts';

export interface CandidateLimit {
  readonly limit: Limit;
  readonly budget: Budget;
  readonly namespaces: Matches;
  readonly nodes: Matches;
}

/** What holds for every pod of one namespace on one node. */
export interface Surroundings {
  /** null: not known. */
  readonly namespace: Namespace | null;
  /** First comes first. */
  readonly policies: readonly Candidate[];
  readonly limits: readonly CandidateLimit[];
  /** Policies as they will be here once their roll-out has reached the node. */
  readonly waiting: readonly Candidate[];
}

export function candidateLimitOf(limit: Limit): CandidateLimit {
  return {
    limit,
    budget: budgetOf(limit.spec),
    namespaces: selectorMatches(limit.spec?.namespaceSelector),
    nodes: selectorMatches(limit.spec?.nodeSelector),
  };
}

export class Candidates {
  readonly #policies = new Map<string, Candidate>();
  readonly #held = new Map<string, Candidate>();
  readonly #limits = new Map<string, CandidateLimit>();
  readonly #namespaces = new Map<string, Namespace>();
  readonly #byNamespace = new Map<string, Surroundings>();
  #sorted: { readonly policies: readonly Candidate[]; readonly limits: readonly CandidateLimit[] } | null = null;

  get policies(): ReadonlyMap<string, Candidate> {
    return this.#policies;
  }

  get limits(): ReadonlyMap<string, CandidateLimit> {
    return this.#limits;
  }

  /** Answers what stood there before; null takes it away. */
  setPolicy(key: string, policy: Policy | null): Candidate | null {
    const { reached, held } = policy ? facesOf(policy) : { reached: null, held: null };
    const before = replace(this.#policies, key, reached);
    replace(this.#held, key, held);
    this.#sorted = null;
    if (policy?.namespace != null) this.#byNamespace.delete(policy.namespace);
    else if (before?.policy.namespace != null) this.#byNamespace.delete(before.policy.namespace);
    else this.#byNamespace.clear();
    return before;
  }

  setLimit(name: string, limit: Limit | null): CandidateLimit | null {
    this.#sorted = null;
    this.#byNamespace.clear();
    return replace(this.#limits, name, limit && candidateLimitOf(limit));
  }

  setNamespace(name: string, namespace: Namespace | null): void {
    replace(this.#namespaces, name, namespace);
    this.#byNamespace.delete(name);
  }

  around(namespace: string, node: Node): Surroundings {
    const here = this.#inNamespace(namespace);
    const onNode = ({ nodes }: { readonly nodes: Matches }): boolean => nodes === matchesAll || nodes(node.labels);
    return {
      namespace: here.namespace,
      policies: here.policies.filter((each) => onNode(each) && (each.reaches?.(node) ?? true)),
      limits: here.limits.filter(onNode),
      waiting: here.waiting.filter((each) => onNode(each) && !each.reaches?.(node)),
    };
  }

  #inNamespace(name: string): Surroundings {
    const kept = this.#byNamespace.get(name);
    if (kept) return kept;
    const namespace = this.#namespaces.get(name) ?? null;
    const labels = namespace?.labels ?? {};
    const { policies, limits } = this.#inOrder();
    const here = policies.filter(({ policy, namespaces }) =>
      policy.namespace === null ? namespaces(labels) : policy.namespace === name,
    );
    const surroundings = {
      namespace,
      policies: here,
      limits: limits.filter(({ namespaces }) => namespaces(labels)),
      waiting: here.filter(({ key, reaches }) => reaches && this.#policies.get(key)!.reaches === reaches),
    };
    this.#byNamespace.set(name, surroundings);
    return surroundings;
  }

  #inOrder() {
    this.#sorted ??= {
      policies: [...this.#policies.values(), ...this.#held.values()].sort((a, b) => byPrecedence(a.policy, b.policy)),
      limits: [...this.#limits.values()].sort((a, b) => byText(a.limit.name, b.limit.name)),
    };
    return this.#sorted;
  }
}

function replace<T>(map: Map<string, T>, key: string, value: T | null): T | null {
  const before = map.get(key) ?? null;
  if (value === null) map.delete(key);
  else map.set(key, value);
  return before;
}
