/**
 * How a value that others wrote is shown on a terminal or in a log: printable ASCII only, bounded, one line. Names of
 * processes, cgroups, files and every value of a policy file may hold escape sequences.
 */
export function escapeText(text: string, maxLength = 80): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(/[^\x20-\x7e…]/g, escapeUnit);
}

/** Any value as JSON, escaped and cut: strings keep their quotes, so that "10" and 10 are told apart. */
export function showValue(value: unknown, maxLength = 80): string {
  if (value === undefined) return 'missing';
  return escapeText(JSON.stringify(value, jsonSafe) ?? typeof value, maxLength);
}

/** "spec.steps[1].afterIdleSeconds"; a key that is no plain name is quoted and escaped. */
export function showPath(path: readonly PropertyKey[]): string {
  return path.map(showKey).join('').replace(/^\./, '') || '(document)';
}

function showKey(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const text = String(key);
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) ? `.${escapeText(text)}` : `["${escapeText(text)}"]`;
}

function jsonSafe(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
