/**
 * Pure: the shapes in which the kernel writes counters (cgroup files, /proc/pressure, meminfo, swaps, net/dev). Text
 * that isn't of that shape gives null, never a throw: a missing signal is named, not guessed.
 */

/** What "max" and v1's largest number mean; larger than any real size and still exact in JSON. */
export const unlimited = Number.MAX_SAFE_INTEGER;

/** A non-negative integer; one past 2^53 counts as unlimited (v1 writes 9223372036854771712). */
export function parseCount(text: string | null | undefined): number | null {
  const digits = text?.trim() ?? '';
  if (!/^\d{1,20}$/.test(digits)) return null;
  const value = Number(digits);
  return Math.min(value, unlimited);
}

/** "max" or a number of bytes. */
export function parseLimit(text: string | null): number | null {
  return text?.trim() === 'max' ? unlimited : parseCount(text);
}

/** Lines "key value": memory.stat, cpu.stat, cgroup.events, vmstat. */
export function parseKey(text: string | null, key: string): number | null {
  if (text === null) return null;
  const at = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (at === 0 && !text.startsWith(`${key} `)) return null;
  const end = text.indexOf('\n', at);
  return parseCount(text.slice(at + key.length + 1, end < 0 ? undefined : end));
}

/** Cumulative stall time in microseconds. */
export interface Stall {
  readonly some: number;
  /** null: the kernel has no full line (CPU of the system before 5.13). */
  readonly full: number | null;
}

/** "some avg10=0.00 avg60=0.00 avg300=0.00 total=123": only the total is exact, averages are the kernel's taste. */
export function parsePressure(text: string | null): Stall | null {
  const some = stallTotal(text, 'some');
  return some === null ? null : { some, full: stallTotal(text, 'full') };
}

function stallTotal(text: string | null, kind: string): number | null {
  const line = text?.split('\n').find((candidate) => candidate.startsWith(`${kind} `));
  return parseCount(/ total=(\d+)$/.exec(line ?? '')?.[1]);
}

/** io.stat: "8:0 rbytes=1 wbytes=2 rios=…" per device; empty text is 0, no I/O yet. */
export function parseIoStat(text: string | null): number | null {
  return sumLines(text, (line) => {
    const bytes = [...line.matchAll(/ [rw]bytes=(\d+)/g)].map((match) => parseCount(match[1]));
    // A device that has not done I/O in this cgroup may stand there alone.
    return /^\d+:\d+/.test(line) ? sum(bytes) : null;
  });
}

/** blkio.throttle.io_service_bytes: "8:0 Read 1", …, "Total 3". */
export function parseBlkio(text: string | null): number | null {
  return parseKey(text, 'Total');
}

/** freezer.state of v1. FREEZING counts: its processes stop as they reach the kernel. */
export function parseFreezerState(text: string | null): boolean | null {
  const state = text?.trim();
  if (state === 'THAWED') return false;
  return state === 'FROZEN' || state === 'FREEZING' ? true : null;
}

/** meminfo: "SwapTotal:    1024 kB", in bytes. */
export function parseMeminfo(text: string | null, key: string): number | null {
  const line = text?.split('\n').find((candidate) => candidate.startsWith(`${key}:`));
  const kib = parseCount(/^[^:]+:\s+(\d+) kB$/.exec(line ?? '')?.[1]);
  return kib === null ? null : Math.min(kib * 1024, unlimited);
}

/** /proc/PID/net/dev: bytes received and sent over every interface but loopback. */
export function parseNetDev(text: string | null): number | null {
  const lines = text?.split('\n').slice(2).join('\n') ?? null;
  return sumLines(lines, (line) => {
    // A name may hold a colon (an alias), numbers can't: the last one ends it.
    const at = line.lastIndexOf(':');
    const fields = line
      .slice(at + 1)
      .trim()
      .split(/\s+/);
    if (at < 0 || fields.length < 9) return null;
    return line.slice(0, at).trim() === 'lo' ? 0 : sum([parseCount(fields[0]), parseCount(fields[8])]);
  });
}

function sumLines(text: string | null, ofLine: (line: string) => number | null): number | null {
  if (text === null) return null;
  return sum(
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(ofLine),
  );
}

function sum(values: readonly (number | null)[]): number | null {
  let total = 0;
  for (const value of values) {
    if (value === null) return null;
    total += value;
  }
  return Math.min(total, unlimited);
}
