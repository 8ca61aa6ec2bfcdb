/**
 * Kubernetes quantities, for bytes only: text or number in, a whole number of bytes out. Exact: no float is involved,
 * so "1.5Gi" and "0.1Ki" (not a whole number) are told apart. Used by the schema, by resolve and wherever bytes are shown.
 */
export type Quantity = string | number;
export type ParsedQuantity = { readonly bytes: number } | { readonly problem: string };

/** Beyond this no quantity in use makes sense, and it keeps the arithmetic below small. */
const maxTextLength = 32;
const maxExponent = 30;
const pattern = /^\+?(\d+)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;

const binaryPowers: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimalPowers: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

const shape = 'a whole number of bytes below 2^53, such as 1048576, "64Ki", "1.5Gi", "128M" or "1e6"';

export function parseQuantity(value: unknown): ParsedQuantity {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return { problem: shape };
  const parts = value.length <= maxTextLength ? pattern.exec(value) : null;
  if (parts === null) return { problem: shape };
  return fromParts(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '');
}

/** For values that the schema has accepted already: a failure here is a bug. */
export function quantityBytes(value: Quantity): number {
  const parsed = parseQuantity(value);
  if ('problem' in parsed) throw new TypeError(`quantity ${JSON.stringify(value)} is not ${parsed.problem}`);
  return parsed.bytes;
}

/** The shortest exact text: the largest binary suffix that divides it. */
export function formatQuantity(bytes: number): string {
  const whole = BigInt(bytes);
  for (const suffix of ['Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
    const unit = 1n << (binaryPowers[suffix] as bigint);
    if (whole !== 0n && whole % unit === 0n) return `${whole / unit}${suffix}`;
  }
  return String(whole);
}

/** Three digits for people, never more than there is: 1.25Gi, 17.9Mi, 512. */
export function roundedQuantity(bytes: bigint): string {
  for (const suffix of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) {
    const unit = 1n << (binaryPowers[suffix] as bigint);
    if (bytes >= unit) return `${threeDigits((bytes * 100n) / unit)}${suffix}`;
  }
  return String(bytes < 0n ? 0n : bytes);
}

function threeDigits(hundredths: bigint): string {
  const digits = hundredths >= 10_000n ? 0 : hundredths >= 1000n ? 1 : 2;
  const kept = String(hundredths / 10n ** BigInt(2 - digits)).padStart(digits + 1, '0');
  const fraction = digits === 0 ? '' : kept.slice(-digits).replace(/0+$/, '');
  const whole = digits === 0 ? kept : kept.slice(0, -digits);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function fromNumber(value: number): ParsedQuantity {
  return Number.isSafeInteger(value) && value >= 0 ? { bytes: value === 0 ? 0 : value } : { problem: shape };
}

function fromParts(integer: string, fraction: string, suffix: string): ParsedQuantity {
  const digits = BigInt(integer + fraction);
  const binary = binaryPowers[suffix];
  const exponent = (binary === undefined ? decimalExponent(suffix) : 0) - fraction.length;
  if (Math.abs(exponent) > maxExponent) return { problem: shape };
  const scaled = digits << (binary ?? 0n);
  return exponent >= 0 ? whole(scaled * 10n ** BigInt(exponent), 1n) : whole(scaled, 10n ** BigInt(-exponent));
}

function decimalExponent(suffix: string): number {
  return suffix.length <= 1 ? (decimalPowers[suffix] ?? 0) : Number(suffix.slice(1));
}

function whole(numerator: bigint, denominator: bigint): ParsedQuantity {
  const bytes = numerator / denominator;
  const exact = numerator % denominator === 0n && bytes <= BigInt(Number.MAX_SAFE_INTEGER);
  return exact ? { bytes: Number(bytes) } : { problem: shape };
}
