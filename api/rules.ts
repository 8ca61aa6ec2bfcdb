/**
 * Rules between fields in the language of the API server (CEL), put beside the check that says the same in zod. They
 * travel in the schema's metadata; structural.ts carries them into the CRDs.
 */
export interface Rule {
  /** True where all is well; `self` is the value of the schema that carries the rule. */
  readonly rule: string;
  /** What is allowed: the words of the zod check. */
  readonly message: string;
  /** A message made from the values; `message` stands in where it can't be. */
  readonly messageExpression?: string;
  /** The field below `self` that the error names, such as ".exclude". */
  readonly fieldPath?: string;
}

export const rulesKey = 'x-kubernetes-validations';

/** For `.meta()`. */
export function rules(...list: readonly Rule[]): { readonly [rulesKey]: readonly Rule[] } {
  return { [rulesKey]: list };
}

/** The whole value matches; the pattern carries its own ^ and $. */
export function matching(self: string, pattern: string): string {
  return `${self}.matches(${quote(pattern)})`;
}

/**
 * A whole number of bytes within bounds, written as text or as a bare number. isInteger() would refuse "1.5Gi", so the
 * nearest whole number is taken from the quantity itself, which is exact; it would take "Gi" for 0, so a digit is asked
 * for. `[x].all(q, …)` gives x a name. No number is made into a text on the way: the server reckons with megabytes of it.
 */
export function wholeBytes(min: string, max: string): string {
  return (
    `${matching('string(self)', '^[+]?[0-9]')} && isQuantity(string(self)) && [quantity(string(self))].all(q, ` +
    `q.compareTo(quantity(${quote(min)})) >= 0 && q.compareTo(quantity(${quote(max)})) <= 0 && ` +
    `q.sub(int(q.asApproximateFloat() + 0.5)).compareTo(quantity("0")) == 0)`
  );
}

/** A text of CEL; JSON's escapes are among its own. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
