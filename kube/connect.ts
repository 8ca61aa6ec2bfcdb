/** From where this program runs to a connection: a named kubeconfig, $KUBECONFIG, the pod it runs in, the home directory's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials } from './access.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { type Environment, inCluster, serviceAccountFolder } from './in-cluster.ts';

export interface ConnectOptions extends ConnectionOptions {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string | undefined;
  /** One of the kubeconfig's; its current one where absent. */
  readonly context?: string | undefined;
  readonly env?: Environment;
}

/** Nothing is sent yet: a wrong kubeconfig is told by the first request. */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  return new Connection((await accountOf(options)).credentials, options);
}

export interface Person {
  readonly connection: Connection;
  /** That the caller's account is set to, as kubectl takes it. */
  readonly namespace: string;
  /** Of the kubeconfig; null: in a pod. */
  readonly context: string | null;
}

export async function connectPerson(options: ConnectOptions = {}): Promise<Person> {
  const { credentials, about } = await accountOf(options);
  const { namespace, context } = await about();
  return { connection: new Connection(credentials, options), namespace: namespace || 'default', context };
}

/** Names of the contexts that there are to choose from. */
export async function contextsOf(kubeconfig: string | undefined): Promise<readonly string[]> {
  const { Kubeconfig } = await import('./kubeconfig.ts');
  return new Kubeconfig(kubeconfig).contexts;
}

interface Account {
  readonly credentials: Credentials;
  readonly about: () => Promise<About>;
}

interface About {
  readonly namespace: string | undefined;
  readonly context: string | null;
}

async function accountOf({ kubeconfig, context, env = process.env }: ConnectOptions): Promise<Account> {
  const named = kubeconfig !== undefined || context !== undefined || Boolean(env['KUBECONFIG']);
  const pod = named ? null : inCluster(env);
  if (pod) return { credentials: pod, about: aboutPod };
  // Loaded here alone, since it brings all of client-node.
  const { Kubeconfig } = await import('./kubeconfig.ts');
  const credentials = new Kubeconfig(kubeconfig, context, undefined, env);
  return { credentials, about: async () => credentials.about };
}

async function aboutPod(): Promise<About> {
  const namespace = await readFile(join(serviceAccountFolder, 'namespace'), 'utf8').catch(() => '');
  return { namespace: namespace.trim(), context: null };
}
