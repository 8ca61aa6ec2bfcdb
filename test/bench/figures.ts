/** One figure of the benchmarks: a measured value beside the budget it is held to. */
export interface Figure {
  readonly bench: string;
  readonly what: string;
  /** The figure itself: a ratio unless `unit` says otherwise. */
  readonly value: number;
  readonly unit: 'ratio' | '% of a core' | 'MiB' | 'bytes' | 's' | 'ms' | 'µs' | 'requests' | 'writes/s';
  readonly budget: { readonly most?: number; readonly least?: number } | null;
  /** What both sides measured, for people. */
  readonly detail: string;
}

export const met = ({ value, budget }: Figure): boolean =>
  budget === null ||
  (value <= (budget.most ?? Number.POSITIVE_INFINITY) && value >= (budget.least ?? Number.NEGATIVE_INFINITY));

const round = (value: number): string =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
const bound = ({ budget }: Figure): string => {
  if (budget === null) return '';
  return budget.most === undefined ? `≥ ${budget.least}` : `≤ ${budget.most}`;
};

/** A table in Markdown, so that docs/performance.md can hold it as printed. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(
    (f) =>
      `| ${f.bench} | ${f.what} | ${round(f.value)} ${f.unit === 'ratio' ? '' : f.unit} | ${bound(f)} | ${met(f) ? 'yes' : '**no**'} | ${f.detail} |`,
  );
  return ['| bench | what | figure | budget | met | measured |', '|---|---|---|---|---|---|', ...rows].join('\n');
}
