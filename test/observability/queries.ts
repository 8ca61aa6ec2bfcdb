/** What a query in PromQL reads: names of metrics and labels, as far as a reader of plain text sees them. */
import { metricSections } from '../../scripts/metric-tables.ts';

const declared = metricSections().flatMap(({ metrics }) => metrics);
const series = new Map(
  declared.flatMap(({ name, type, labels }) =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, [...labels]],
          [`${name}_count`, [...labels]],
        ]
      : [[name, [...labels]]],
  ) as [string, string[]][],
);
/** What the scrape itself puts on all series. */
const ofScrape = ['node', 'instance', 'job'];

/** Names of Ebb's metrics, and those that every process has. */
export function metricsIn(query: string): string[] {
  return [...new Set(query.match(/\b(?:ebb|process)_\w+\b/g))];
}

/** Metrics, and labels of matchers, that the code does not declare. */
export function undeclared(query: string): string[] {
  const metrics = metricsIn(query).filter((name) => !series.has(name));
  const matchers = [...query.matchAll(/\b((?:ebb|process)_\w+)\{([^}]*)\}/g)].flatMap(([, metric, inner]) => {
    const known = [...(series.get(metric!) ?? []), ...ofScrape];
    const names = [...inner!.matchAll(/(\w+)\s*(?:=~|!=|!~|=)/g)].map(([, name]) => name!);
    return names.filter((name) => !known.includes(name)).map((name) => `${metric}{${name}}`);
  });
  return [...metrics, ...matchers];
}

/** Labels that its metrics can have. */
export function labelsIn(query: string): string[] {
  return [...metricsIn(query).flatMap((name) => series.get(name) ?? []), ...ofScrape];
}
