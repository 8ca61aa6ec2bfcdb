/**
 * The credentials of a pod: its ServiceAccount's token and the cluster's certificate. Two files and two variables, read
 * here and not through @kubernetes/client-node, which costs 65 MiB where it is loaded.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access, Credentials } from './access.ts';
import { KubeError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** null: this is no pod. */
export function inCluster(env: Environment, folder = serviceAccountFolder): Credentials | null {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) return null;
  const server = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  return { access: () => accessOf(server, folder), refused: () => undefined };
}

/** The kubelet replaces both files while the pod runs. They lie in memory: reading them costs less than keeping them right. */
async function accessOf(server: URL, folder: string): Promise<Access> {
  try {
    // One after the other: where both are missing, the same one is named each time.
    const token = await readFile(join(folder, 'token'), 'utf8');
    const ca = await readFile(join(folder, 'ca.crt'));
    return { server, headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca, rejectUnauthorized: true } };
  } catch (cause) {
    throw new KubeError('Misconfigured', `the pod's ServiceAccount: ${(cause as Error).message}`, { cause });
  }
}
