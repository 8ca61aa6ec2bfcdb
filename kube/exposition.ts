/**
 * The metrics of one program as Prometheus reads them. What is declared here is the one source: docs/metrics.md is made
 * from it, and dashboard and alerts may name nothing else.
 */
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';

export interface Declared {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

export class Exposition {
  readonly #registry = new Registry();
  readonly #prefix: string;
  readonly #declared: Declared[] = [];

  /** `prefix` of every name but those that each program of a cluster has (process_…). */
  constructor(prefix: string, version: string) {
    this.#prefix = prefix;
    this.gauge('build_info', 'Always 1; the label says which version runs.', ['version']).set({ version }, 1);
    this.#ofProcess();
  }

  text = (): Promise<string> => this.#registry.metrics();
  get type(): string {
    return this.#registry.contentType;
  }

  /** In the order in which they were declared. */
  get declared(): readonly Declared[] {
    return this.#declared;
  }

  counter(name: string, help: string, labels: string[] = []): Counter {
    return new Counter(this.#declare('counter', this.#prefix + name, help, labels));
  }

  gauge(name: string, help: string, labels: string[] = []): Gauge {
    return new Gauge(this.#declare('gauge', this.#prefix + name, help, labels));
  }

  /** Asked at each scrape. */
  collected(name: string, help: string, value: () => number): void {
    const gauge = this.gauge(name, help);
    Object.assign(gauge, { collect: () => gauge.set(value()) });
  }

  histogram(name: string, help: string, buckets: number[], labels: string[] = []): Histogram {
    return new Histogram({ ...this.#declare('histogram', this.#prefix + name, help, labels), buckets });
  }

  /** Under the names that they have in every program. */
  #ofProcess(): void {
    const resident = new Gauge(
      this.#declare('gauge', 'process_resident_memory_bytes', 'Resident memory of this process.', []),
    );
    Object.assign(resident, { collect: () => resident.set(process.memoryUsage.rss()) });
    const began = 'When this process began, in seconds since 1970; a change means that it was started anew.';
    new Gauge(this.#declare('gauge', 'process_start_time_seconds', began, [])).set(performance.timeOrigin / 1000);
    const cpu = new Counter(
      this.#declare('counter', 'process_cpu_seconds_total', 'CPU time, user and system, that this process took.', []),
    );
    Object.assign(cpu, { collect: () => countTo(cpu, cpuSeconds()) });
  }

  #declare(type: Declared['type'], name: string, help: string, labels: string[]) {
    this.#declared.push({ name, type, labels, help });
    return { name, help, labelNames: labels, registers: [this.#registry] };
  }
}

function countTo(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
