/** One line on stderr that is written over while a pass runs: bytes, rate, share. Only where stderr is a terminal. */
import { bytesText } from '../units.ts';

export interface Progress {
  readonly update: (advisedBytes: number, plannedBytes: number) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

const everyMillis = 100;

export function progressOn(stream: NodeJS.WriteStream, clock: () => number = () => performance.now()): Progress {
  if (!stream.isTTY) return { update: () => undefined, clear: () => undefined };
  const start = clock();
  let last = Number.NEGATIVE_INFINITY;
  return {
    update(advisedBytes, plannedBytes) {
      const now = clock();
      if (now - last < everyMillis && advisedBytes < plannedBytes) return;
      last = now;
      stream.write(`\r\x1b[K${progressText(advisedBytes, plannedBytes, (now - start) / 1000)}`);
    },
    clear: () => void (last > Number.NEGATIVE_INFINITY && stream.write('\r\x1b[K')),
  };
}

export function progressText(advisedBytes: number, plannedBytes: number, seconds: number): string {
  const percent = plannedBytes > 0 ? Math.min(100, Math.floor((100 * advisedBytes) / plannedBytes)) : 0;
  const rate = seconds > 0 ? `${bytesText(advisedBytes / seconds)}/s` : '-';
  return `${bytesText(advisedBytes)} of ${bytesText(plannedBytes)} advised, ${percent} %, ${rate}`;
}
