/** From where this program runs to a connection: a named kubeconfig, $KUBECONFIG, the pod it runs in, the home directory's. */
import type { Credentials } from './access.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { type Environment, inCluster } from './in-cluster.ts';

export interface ConnectOptions extends ConnectionOptions {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string | undefined;
  readonly env?: Environment;
}

/** Nothing is sent yet: a wrong kubeconfig is told by the first request. */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  return new Connection(await credentialsOf(options.kubeconfig, options.env ?? process.env), options);
}

async function credentialsOf(path: string | undefined, env: Environment): Promise<Credentials> {
  const named = path !== undefined || Boolean(env['KUBECONFIG']);
  const pod = named ? null : inCluster(env);
  if (pod) return pod;
  // Loaded here alone, since it brings all of client-node.
  const { Kubeconfig } = await import('./kubeconfig.ts');
  return new Kubeconfig(path);
}
