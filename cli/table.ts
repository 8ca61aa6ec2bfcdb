/**
 * Tables for people: numbers to the right, cut to the terminal's width only where there is a terminal, so that a pipe
 * gets every character. Cells hold safe text already (api/escape.ts).
 */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut where the terminal is too narrow. */
  readonly flexible?: boolean;
}

export interface TableLook {
  /** Columns of the terminal; null: no limit. */
  readonly width: number | null;
  readonly colour: boolean;
}

const gap = '  ';
const leastFlexible = 8;

export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], look: TableLook): string {
  const widths = fit(columns, natural(columns, rows), look.width);
  const title = line(
    columns,
    columns.map((column) => column.title),
    widths,
  );
  const body = rows.map((row) => line(columns, row, widths));
  return [look.colour ? `\x1b[1m${title}\x1b[0m` : title, ...body].map((text) => `${text}\n`).join('');
}

/** Pairs under each other: "kernel   6.18". */
export function renderPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}${gap}${value}`.trimEnd())
    .map((text) => `${text}\n`)
    .join('');
}

function natural(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map((column, i) =>
    rows.reduce((most, row) => Math.max(most, (row[i] ?? '').length), column.title.length),
  );
}

/** Takes what is too much from the widest flexible column first. */
function fit(columns: readonly Column[], widths: number[], limit: number | null): number[] {
  if (limit === null) return widths;
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
  for (let over = total() - limit; over > 0; over = total() - limit) {
    const widest = columns.reduce(
      (best, column, i) => (column.flexible && widths[i]! > (widths[best] ?? 0) ? i : best),
      -1,
    );
    if (widest < 0 || widths[widest]! <= leastFlexible) return widths;
    const others = columns.map((column, i) => (column.flexible && i !== widest ? widths[i]! : leastFlexible));
    widths[widest] = Math.max(
      leastFlexible,
      Math.min(widths[widest]! - 1, Math.max(widths[widest]! - over, ...others)),
    );
  }
  return widths;
}

function line(columns: readonly Column[], cells: readonly string[], widths: readonly number[]): string {
  return columns
    .map((column, i) => cell(cells[i] ?? '', widths[i]!, column.align))
    .join(gap)
    .trimEnd();
}

function cell(text: string, width: number, align: 'right' | undefined): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return align === 'right' ? cut.padStart(width) : cut.padEnd(width);
}
