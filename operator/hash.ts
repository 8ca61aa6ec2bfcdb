/** Hashes of texts, over their code units: they tell apart, and protect from nobody. Whole specs are hashed: no BigInt. */

/** A short name for a text: 64 bits as 16 digits, in two halves that mix differently. */
export function hashOf(text: string): string {
  let one = 0xdeadbeef;
  let other = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x9e3779b1);
    other = Math.imul(((other << 5) | (other >>> 27)) ^ unit, 0x5f356495);
  }
  return digits(mixed(one) ^ other) + digits(mixed(other) ^ Math.imul(one, 0x85ebca6b));
}

/** A number from 0 to `many` - 1, spread evenly; fast, since plans ask it often. */
export function spread(text: string, many: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (mixed(hash) >>> 0) % many;
}

/** Products mix their low bits badly; these are the last lines of MurmurHash3. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

const digits = (hash: number): string => (hash >>> 0).toString(16).padStart(8, '0');
