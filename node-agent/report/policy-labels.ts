/**
 * Which value of the label `policy` a policy has. So many have one of their own; what comes after them, and what is counted
 * of a policy when it is gone, shares one: the number of series is bounded whatever policies come and go.
 */

/** As many as the object of a node can hold (api/node-spec.ts). */
export const maxPolicies = 64;
/** No policy can be named so. */
export const others = '(other)';

export class PolicyLabels {
  readonly #own = new Set<string>();

  of(policy: string): string {
    return this.#own.has(policy) ? policy : others;
  }

  /** Its label from here on. */
  begin(policy: string): string {
    if (this.#own.size < maxPolicies) this.#own.add(policy);
    return this.of(policy);
  }

  /** Whether it had one of its own. */
  end(policy: string): boolean {
    return this.#own.delete(policy);
  }
}
