/** Draws memory over time as a stacked area in a terminal; a pure function from samples to lines. */

export interface Point {
  readonly atMillis: number;
  readonly residentBytes: number;
  readonly swappedBytes: number;
}

export interface Mark {
  readonly atMillis: number;
  readonly label: string;
}

const eighths = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;

/** The last sample at or before each column's end; the first column shows the first sample. */
function columns(points: readonly Point[], width: number): readonly Point[] {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return [];
  const span = Math.max(1, last.atMillis - first.atMillis);
  let index = 0;
  return Array.from({ length: width }, (_, column) => {
    const end = first.atMillis + (span * (column + 1)) / width;
    while (index + 1 < points.length && points[index + 1]!.atMillis <= end) index++;
    return points[index]!;
  });
}

/** One cell: resident memory is solid, swapped memory shaded on top of it, the rest blank. */
function cell(point: Point, bottom: number, top: number): string {
  const height = (value: number): number => Math.round(((Math.min(value, top) - bottom) / (top - bottom)) * 8);
  const solid = height(point.residentBytes);
  if (solid > 0) return eighths[Math.min(8, solid)]!;
  return height(point.residentBytes + point.swappedBytes) > 3 ? '░' : ' ';
}

function markLine(marks: readonly Mark[], points: readonly Point[], width: number): string {
  const first = points[0]!.atMillis;
  const span = Math.max(1, points.at(-1)!.atMillis - first);
  const line = Array.from({ length: width }, () => ' ');
  for (const { atMillis, label } of marks) {
    const at = Math.min(width - 1, Math.max(0, Math.floor(((atMillis - first) / span) * width)));
    for (const [offset, letter] of [...`↑${label}`].entries()) if (at + offset < width) line[at + offset] = letter;
  }
  return line.join('').trimEnd();
}

/**
 * Lines of `height` rows and `width` columns with a scale in bytes at the left, a time axis in seconds and the marks
 * below it. Fewer than two points give no lines.
 */
export function chart(
  points: readonly Point[],
  marks: readonly Mark[],
  size: { width: number; height: number },
): readonly string[] {
  if (points.length < 2) return [];
  const peak = Math.max(1, ...points.map((p) => p.residentBytes + p.swappedBytes));
  const shown = columns(points, size.width);
  const rows = Array.from({ length: size.height }, (_, row) => {
    const top = (peak * (size.height - row)) / size.height;
    const bottom = (peak * (size.height - row - 1)) / size.height;
    const scale = row % 2 === 0 ? mib(top) : '';
    return `${scale.padStart(9)} ┤${shown.map((point) => cell(point, bottom, top)).join('')}`.trimEnd();
  });
  const seconds = `${((points.at(-1)!.atMillis - points[0]!.atMillis) / 1000).toFixed(0)} s`;
  const axis = `${''.padStart(9)} └${'─'.repeat(size.width)}`;
  const times = `${''.padStart(11)}0 s${seconds.padStart(size.width - 3)}`;
  return [...rows, axis, `${''.padStart(11)}${markLine(marks, points, size.width)}`, times];
}
