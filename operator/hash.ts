/** Hashes of texts, by FNV-1a over their code units: they tell apart, and protect from nobody. */
const prime = 0x100000001b3n;
const start = 0xcbf29ce484222325n;

/** A short name for a text: 64 bits as 16 digits. */
export function hashOf(text: string): string {
  let hash = start;
  for (let at = 0; at < text.length; at++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(at))) * prime);
  return hash.toString(16).padStart(16, '0');
}

/** A number from 0 to `many` - 1, spread evenly; fast, since plans ask it often. */
export function spread(text: string, many: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // FNV mixes its low bits badly; these are the last lines of MurmurHash3.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % many;
}
