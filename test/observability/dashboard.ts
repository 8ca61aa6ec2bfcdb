/** The Grafana dashboard as it ships, as far as its tests read it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly datasource: unknown;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly Target[];
  readonly panels?: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly datasource?: unknown;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

const file = join(import.meta.dirname, '../../charts/ebb/observability/dashboard.json');

export const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
export const shown = dashboard.panels.filter(({ type }) => type !== 'row');

/** As Grafana would ask with everything selected, over `rangeSeconds`. */
export function asked(query: string, rangeSeconds: number): string {
  return query
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range_s', String(rangeSeconds))
    .replaceAll('$__range', `${rangeSeconds}s`)
    .replaceAll(/\$(node|policy)\b/g, '.*');
}
