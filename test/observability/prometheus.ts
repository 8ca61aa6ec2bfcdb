/** Debian's Prometheus on loopback, scraping what it is given each second and evaluating Ebb's alert rules. Ends with us. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, loopbackAddress } from '../controlplane/address.ts';
import { Server } from '../controlplane/server.ts';

export const rulesFile = join(import.meta.dirname, '../../charts/ebb/observability/alerts.yaml');

export interface ScrapeTarget {
  readonly job: string;
  readonly address: string;
  /** As the chart's monitors put them on. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state: string;
}

const patienceMillis = 30_000;

export class Prometheus implements AsyncDisposable {
  readonly #url: string;
  readonly #server: Server;
  readonly #folder: string;

  private constructor(url: string, server: Server, folder: string) {
    this.#url = url;
    this.#server = server;
    this.#folder = folder;
  }

  static async start(targets: readonly ScrapeTarget[]): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'ebb-prometheus-'));
    const address = loopbackAddress();
    const [port] = await freePorts(address, 1);
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(configuration(targets)));
    const flags = [`--config.file=${folder}/config.yaml`, `--storage.tsdb.path=${folder}/data`];
    const listen = [`--web.listen-address=${address}:${port}`, '--log.level=warn'];
    const server = new Server('prometheus', [...flags, ...listen], join(folder, 'prometheus.log'));
    const started = new Prometheus(`http://${address}:${port}`, server, folder);
    await started.until('it is ready', async () => (await fetch(`${started.#url}/-/ready`)).ok);
    return started;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + patienceMillis;
    for (let last: unknown = false; last !== true; await sleep(100)) {
      last = await holds().catch((error: unknown) => error);
      if (performance.now() > end)
        throw new Error(`not within 30 s: ${what}\n${this.#server.lastWords()}`, { cause: last });
    }
  }

  async query(query: string): Promise<Sample[]> {
    type Found = { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
    const { result } = await this.#ask<Found>(`query?query=${encodeURIComponent(query)}`);
    return result.map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  }

  async rules(): Promise<readonly Rule[]> {
    const { groups } = await this.#ask<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>('rules');
    return groups.flatMap(({ rules }) => rules);
  }

  async valuesOf(label: string, selector: string): Promise<readonly string[]> {
    return this.#ask(`label/${label}/values?match[]=${encodeURIComponent(selector)}`);
  }

  async #ask<T>(path: string): Promise<T> {
    const answer = (await (await fetch(`${this.#url}/api/v1/${path}`)).json()) as { data: T; error?: string };
    if (answer.error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${answer.error}`);
    return answer.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const configuration = (targets: readonly ScrapeTarget[]) => ({
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  rule_files: [rulesFile],
  scrape_configs: targets.map(({ job, address, labels = {} }) => ({
    job_name: job,
    static_configs: [{ targets: [address], labels }],
  })),
});
