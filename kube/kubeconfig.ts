/**
 * The credentials of a kubeconfig, through @kubernetes/client-node: contexts, certificates, token files, exec plugins,
 * OIDC, proxies. Only connect.ts loads this file, and only where a kubeconfig is used.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import type { Access, Credentials } from './access.ts';
import { KubeError } from './errors.ts';
import type { Environment } from './in-cluster.ts';

/** client-node reads a user's token file once, when it loads the kubeconfig; client-go keeps a token for a minute. */
const keptMillis = 60_000;

export class Kubeconfig implements Credentials {
  readonly #path: string | undefined;
  readonly #context: string | undefined;
  readonly #now: () => number;
  readonly #env: Environment;
  #loaded: { readonly config: KubeConfig; readonly at: number } | null = null;
  #asking: Promise<Access> | null = null;

  /** Without a path: $KUBECONFIG, else the one in the home directory. Without a context: its current one. */
  constructor(path?: string, context?: string, now = () => performance.now(), env: Environment = process.env) {
    this.#path = path;
    this.#context = context;
    this.#now = now;
    this.#env = env;
  }

  get contexts(): readonly string[] {
    return this.#told(() => namesIn(this.#config()));
  }

  /** The context, and the namespace that it says; throws where access() rejects. */
  get about(): { readonly context: string; readonly namespace: string | undefined } {
    return this.#told(() => {
      const config = this.#config();
      const context = config.getCurrentContext();
      return { context, namespace: config.getContextObject(context)?.namespace };
    });
  }

  /** Many who ask at once share one answer, and so one run of an exec plugin. */
  access(): Promise<Access> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  refused(): void {
    this.#loaded = null;
  }

  async #ask(): Promise<Access> {
    try {
      return await accessOf(this.#config());
    } catch (cause) {
      throw this.#wrong(cause);
    }
  }

  #told<Value>(read: () => Value): Value {
    try {
      return read();
    } catch (cause) {
      throw this.#wrong(cause);
    }
  }

  #wrong(cause: unknown): KubeError {
    if (cause instanceof KubeError) return cause;
    const where = this.#path ?? 'the kubeconfig';
    return new KubeError('Misconfigured', `${where}: ${(cause as Error).message}`, { cause });
  }

  /** What an exec plugin gave is kept until it expires: loading anew would run it again. */
  #config(): KubeConfig {
    const kept = this.#loaded;
    if (kept && (kept.config.getCurrentUser()?.exec || this.#now() - kept.at < keptMillis)) return kept.config;
    const config = merged(this.#path === undefined ? pathsOf(this.#env) : [this.#path]);
    if (this.#context !== undefined) choose(config, this.#context);
    this.#loaded = { config, at: this.#now() };
    return config;
  }
}

const nowhere = 'nothing says where the API server is: no token of a pod, no $KUBECONFIG, no ~/.kube/config';

function pathsOf(env: Environment): string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const paths = listed.length > 0 ? listed : [join(env['HOME'] || homedir(), '.kube/config')];
  const there = paths.filter((path) => existsSync(path));
  if (there.length > 0) return there;
  const missing = listed.length > 0 ? `$KUBECONFIG names no file that is there: ${listed.join(', ')}` : nowhere;
  throw new KubeError('Misconfigured', missing);
}

/** As client-go does it: of each name, and of the current context, the first file that has it counts; client-node refuses a name
 * that stands in two. */
function merged(paths: readonly string[]): KubeConfig {
  const [first, ...others] = paths.filter((path) => readFileSync(path, 'utf8').trim() !== '');
  if (first === undefined) throw new KubeError('Misconfigured', `the kubeconfig is empty: ${paths.join(', ')}`);
  const config = loaded(first);
  for (const other of others.map(loaded)) {
    for (const cluster of unknownTo(config.clusters, other.clusters)) config.addCluster(cluster);
    for (const user of unknownTo(config.users, other.users)) config.addUser(user);
    for (const context of unknownTo(config.contexts, other.contexts)) config.addContext(context);
    config.currentContext ||= other.currentContext;
  }
  return config;
}

/** Paths in it become those from its own folder. */
function loaded(path: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(path);
  return config;
}

function unknownTo<Named extends { readonly name: string }>(
  known: readonly Named[],
  others: readonly Named[],
): Named[] {
  const names = new Set(known.map(({ name }) => name));
  return others.filter(({ name }) => !names.has(name));
}

const namesIn = (config: KubeConfig): string[] => config.getContexts().map(({ name }) => name);

function choose(config: KubeConfig, context: string): void {
  const names = namesIn(config);
  if (!names.includes(context)) {
    const allowed = names.length === 0 ? 'there is none' : names.join(', ');
    throw new KubeError('Misconfigured', `context ${context}: allowed: ${allowed}`);
  }
  config.setCurrentContext(context);
}

async function accessOf(config: KubeConfig): Promise<Access> {
  const cluster = config.getCurrentCluster();
  if (!cluster?.server) throw new KubeError('Misconfigured', 'the kubeconfig has no current context with a cluster');
  const server = new URL(cluster.server);
  // As kubectl proxy has it, which asks in its own name: nobody's secret goes out in plain text.
  if (server.protocol === 'http:') return { server, headers: {}, tls: { rejectUnauthorized: true } };
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
  const { ca, cert, key, passphrase, pfx, servername, auth, agent } = options;
  return {
    server,
    headers: headersOf(options.headers, auth),
    tls: withoutGaps({ ca, cert, key, passphrase, pfx, servername, rejectUnauthorized: !cluster.skipTLSVerify }),
    // Its agent keeps the certificates it was made with; ours follows them. Only the way through a proxy is its own.
    agent: cluster.proxyUrl ? (agent as Agent) : undefined,
  };
}

/** A token file ends with a newline, which no header may hold. */
function headersOf(given: RequestOptions['headers'], auth: RequestOptions['auth']): Record<string, string> {
  const pairs = Object.entries(given ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]);
  const basic = auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(pairs) };
}

function withoutGaps(tls: { [Name in keyof Access['tls']]: Access['tls'][Name] | undefined }): Access['tls'] {
  const given = Object.entries(tls).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(given) as unknown as Access['tls'];
}
