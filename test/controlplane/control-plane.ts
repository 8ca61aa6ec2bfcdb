/**
 * A real control plane for one test: etcd and kube-apiserver on a loopback address of their own, with TLS, RBAC and tokens.
 * No controller manager runs: nothing makes ServiceAccounts, collects garbage or finishes the deletion of a namespace.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, loopbackAddress } from './address.ts';
import { binariesFolder } from './binaries.ts';
import { apiServerFlags, apiUrl, type Endpoints, etcdFlags, etcdUrl } from './flags.ts';
import { get, type Trust } from './get.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { type Ended, type KubectlOptions, runKubectl } from './kubectl.ts';
import { type Identity, Pki } from './pki.ts';
import { makeScratch, type Scratch } from './scratch.ts';
import { Server, type StopSignal } from './server.ts';
import type { Command } from './tied.ts';

export interface ControlPlaneOptions {
  /** Of its own, not there yet; one below the system's temporary folder where absent. */
  readonly folder?: string;
  /** Added to the API server's command line, `--name=value`. */
  readonly apiServerFlags?: readonly string[] | ((pki: Pki) => readonly string[]);
  /** An address of this machine's loopback where absent. */
  readonly place?: Place;
  /** Made by others for it, in every hierarchy, and removed with its folder. */
  readonly cgroup?: string;
}

/** Where its servers run and listen; whoever uses it connects to that address too. */
export interface Place {
  readonly at: Endpoints;
  /** What else the API server's certificate says that it is: `IP:…`, `DNS:…`. */
  readonly names: readonly string[];
  /** How a program is started there. */
  readonly command: (program: string, words: readonly string[]) => Command;
}

export interface Bound {
  readonly kind: 'Pod' | 'Node' | 'Secret';
  readonly name: string;
}

const readySeconds = 60;

export async function withControlPlane<T>(
  use: (plane: ControlPlane) => T | Promise<T>,
  options: ControlPlaneOptions = {},
): Promise<T> {
  await using plane = await startControlPlane(options);
  return await use(plane);
}

/** Resolves when /readyz says ok. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = binariesFolder();
  const place = options.place ?? (await onLoopback());
  const folder = options.folder ?? join(tmpdir(), `ebb-controlplane-${randomUUID()}`);
  const scratch = makeScratch(folder, options.cgroup);
  let plane: ControlPlane | null = null;
  try {
    plane = new ControlPlane(binaries, scratch, place, options.apiServerFlags ?? []);
    await plane.startApiServer();
    return plane;
  } catch (error) {
    await (plane ? plane.stop() : scratch.remove());
    throw error;
  }
}

/** `names`: what else it is reached as. */
export async function onLoopback(address = loopbackAddress(), names: readonly string[] = []): Promise<Place> {
  const [apiPort, etcdPort, etcdPeerPort] = await freePorts(address, 3);
  const at = { address, apiPort: apiPort!, etcdPort: etcdPort!, etcdPeerPort: etcdPeerPort! };
  return { at, names, command: (program, words) => [program, words] };
}

/** Runs from startControlPlane() until stop(), which `await using` does, or until this process ends in any way. */
export class ControlPlane implements AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of the certificate that the API server is known by. */
  readonly ca: string;
  /** For what is asked of etcd itself: its metrics, a compaction. */
  readonly etcd: { readonly url: string; readonly trust: Trust };
  readonly #binaries: string;
  readonly #scratch: Scratch;
  readonly pki: Pki;
  readonly #place: Place;
  readonly #ownFlags: readonly string[];
  readonly #etcdServer: Server;
  #apiServer: Server | null = null;
  #kubeconfigs = 0;

  constructor(
    binaries: string,
    scratch: Scratch,
    place: Place,
    ownFlags: NonNullable<ControlPlaneOptions['apiServerFlags']>,
  ) {
    const { at } = place;
    const { folder } = scratch;
    this.folder = folder;
    this.#binaries = binaries;
    this.#scratch = scratch;
    this.#place = place;
    this.url = apiUrl(at);
    for (const name of ['etcd', 'home', 'log']) mkdirSync(join(folder, name), { mode: 0o700 });
    this.pki = new Pki(join(folder, 'pki'), at.address, place.names);
    this.#ownFlags = typeof ownFlags === 'function' ? ownFlags(this.pki) : ownFlags;
    this.ca = this.pki.ca.cert;
    this.kubeconfig = writeKubeconfig(join(folder, 'admin.kubeconfig'), { url: this.url, ca: this.ca }, this.pki.admin);
    this.etcd = { url: etcdUrl(at), trust: { ca: this.pki.etcdCa.cert, client: this.pki.etcdClient } };
    this.#etcdServer = this.#start('etcd', etcdFlags(join(folder, 'etcd'), at, this.pki));
  }

  /** Of what runs now. */
  get pids(): { readonly etcd: number; readonly apiServer: number | null } {
    return { etcd: this.#etcdServer.pid, apiServer: this.#apiServer?.pid ?? null };
  }

  /** What programs need to speak with it: the cluster, its kubectl, and a place for what kubectl caches. */
  get env(): Readonly<Record<'KUBECONFIG' | 'KUBECACHEDIR' | 'PATH', string>> {
    const path = `${this.#binaries}:${process.env['PATH'] ?? ''}`;
    return { KUBECONFIG: this.kubeconfig, KUBECACHEDIR: join(this.folder, 'home/cache'), PATH: path };
  }

  kubectl(words: readonly string[], { input = '', kubeconfig }: KubectlOptions = {}): Promise<Ended> {
    const own = { HOME: join(this.folder, 'home'), KUBECONFIG: kubeconfig ?? this.kubeconfig };
    return runKubectl(join(this.#binaries, 'kubectl'), words, { ...process.env, ...this.env, ...own }, input);
  }

  /** What it printed; rejects where it does not end with 0. */
  async kubectlOk(words: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { code, out, err } = await this.kubectl(words, options);
    if (code !== 0) throw new Error(`kubectl ${words.join(' ')} ended with ${code}: ${err || out}`);
    return out;
  }

  /** Path of a kubeconfig for a client certificate with that user and those groups; `url` where it is reached another way. */
  kubeconfigOf(identity: Identity, url = this.url): string {
    return writeKubeconfig(this.#nextKubeconfig(), { url, ca: this.ca }, this.pki.client(identity));
  }

  /** Path of a kubeconfig for a token; `url` where it is reached another way, as through a proxy. */
  kubeconfigWithToken(token: string, url = this.url): string {
    return writeKubeconfig(this.#nextKubeconfig(), { url, ca: this.ca }, { token });
  }

  /** A token of an existing ServiceAccount, through TokenRequest. One bound to a Pod on a node carries the node's name. */
  async token(namespace: string, serviceAccount: string, bound?: Bound): Promise<string> {
    const words = bound ? ['--bound-object-kind', bound.kind, '--bound-object-name', bound.name] : [];
    return (await this.kubectlOk(['create', 'token', '-n', namespace, serviceAccount, ...words])).trim();
  }

  /** Connections are refused from here on. SIGKILL is a crash; SIGTERM lets requests end first. */
  async stopApiServer(signal: StopSignal = 'SIGTERM'): Promise<void> {
    await this.#apiServer?.stop(signal);
    this.#apiServer = null;
  }

  /** At the same address with the same data; ready when it resolves. */
  async startApiServer(flags: readonly string[] = []): Promise<void> {
    if (this.#apiServer?.ended === false) throw new Error('the API server runs already');
    const all = [...apiServerFlags(this.#place.at, this.pki), ...this.#ownFlags, ...flags];
    this.#apiServer = this.#start('kube-apiserver', all);
    await this.#ready(this.#apiServer);
  }

  async restartApiServer(signal: StopSignal = 'SIGTERM', flags: readonly string[] = []): Promise<void> {
    await this.stopApiServer(signal);
    await this.startApiServer(flags);
  }

  /** Accepts connections and answers nothing until it is resumed. */
  freezeApiServer(): void {
    this.#apiServer?.signal('SIGSTOP');
  }

  resumeApiServer(): void {
    this.#apiServer?.signal('SIGCONT');
  }

  /** Ends both servers and removes every file; a second call does nothing. */
  async stop(): Promise<void> {
    await Promise.all([this.stopApiServer('SIGKILL'), this.#etcdServer.stop('SIGKILL')]);
    await this.#scratch.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #start(name: string, flags: readonly string[]): Server {
    const [program, words] = this.#place.command(join(this.#binaries, name), flags);
    return new Server(program, words, join(this.folder, 'log', `${name}.log`));
  }

  #nextKubeconfig(): string {
    this.#kubeconfigs++;
    return join(this.folder, `${this.#kubeconfigs}.kubeconfig`);
  }

  async #ready(apiServer: Server): Promise<void> {
    const end = performance.now() + readySeconds * 1000;
    let last = '';
    while (performance.now() < end) {
      for (const server of [this.#etcdServer, apiServer]) if (server.ended) throw new Error(server.lastWords());
      const trust = { ca: this.ca, client: this.pki.admin };
      const answer = await get(`${this.url}/readyz`, trust).catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.status === 200) return;
      last = answer instanceof Error ? answer.message : answer.body;
      await sleep(50);
    }
    throw new Error(`/readyz was not ok after ${readySeconds} s: ${last}`);
  }
}
