/** A valid policy as YAML, with the part under test put in. */
export const base = `apiVersion: ebb.dev/v1alpha1
kind: MemoryAdvicePolicy
metadata: {name: p}
`;
export const steps = '  steps: [{advice: PageOut, afterIdleSeconds: 300}]\n';

/** `spec` lines are written as "idle: {…}", one field of spec each. */
export function policyText(...fields: string[]): string {
  return `${base}spec:\n  podSelector: {}\n${steps}${fields.map((field) => `  ${field}\n`).join('')}`;
}
