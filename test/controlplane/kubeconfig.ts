/** Writes kubeconfigs that stand alone: authority, certificate and key or token inside, readable by us alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { type Pair, textOf } from './pki.ts';

export type Credentials = Pair | { readonly token: string };

export interface Cluster {
  readonly url: string;
  /** Path of its authority's certificate. */
  readonly ca: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function userOf(credentials: Credentials): object {
  if ('token' in credentials) return credentials;
  const { cert, key } = textOf(credentials);
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
}

/** JSON, which is YAML too. */
export function writeKubeconfig(path: string, { url, ca }: Cluster, credentials: Credentials): string {
  const name = 'ebb-test';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': base64(readFileSync(ca, 'utf8')) } }],
    users: [{ name, user: userOf(credentials) }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}
