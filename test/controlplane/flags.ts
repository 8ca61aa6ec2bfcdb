/** The command lines of etcd and kube-apiserver: TLS everywhere, nobody anonymous, Node and RBAC authorization. */
import type { Pki } from './pki.ts';

export interface Endpoints {
  readonly address: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

export const apiUrl = ({ address, apiPort }: Endpoints): string => `https://${address}:${apiPort}`;
export const etcdUrl = ({ address, etcdPort }: Endpoints): string => `https://${address}:${etcdPort}`;

const flagsOf = (flags: Readonly<Record<string, string | number | boolean>>): string[] =>
  Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

/** Data outlives a killed etcd, not a power failure: tests need no fsync. */
export function etcdFlags(data: string, at: Endpoints, pki: Pki): string[] {
  const peers = `https://${at.address}:${at.etcdPeerPort}`;
  return flagsOf({
    name: 'etcd',
    'data-dir': data,
    'unsafe-no-fsync': true,
    'log-level': 'warn',
    'listen-client-urls': etcdUrl(at),
    'advertise-client-urls': etcdUrl(at),
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `etcd=${peers}`,
    'client-cert-auth': true,
    'trusted-ca-file': pki.etcdCa.cert,
    'cert-file': pki.etcd.cert,
    'key-file': pki.etcd.key,
    'peer-client-cert-auth': true,
    'peer-trusted-ca-file': pki.etcdCa.cert,
    'peer-cert-file': pki.etcd.cert,
    'peer-key-file': pki.etcd.key,
  });
}

export function apiServerFlags(at: Endpoints, pki: Pki): string[] {
  return flagsOf({
    'bind-address': at.address,
    'advertise-address': at.address,
    'secure-port': at.apiPort,
    'endpoint-reconciler-type': 'none', // a loopback address may not stand in the endpoints of "kubernetes"
    'etcd-servers': etcdUrl(at),
    'etcd-cafile': pki.etcdCa.cert,
    'etcd-certfile': pki.etcdClient.cert,
    'etcd-keyfile': pki.etcdClient.key,
    'tls-cert-file': pki.apiServer.cert,
    'tls-private-key-file': pki.apiServer.key,
    'client-ca-file': pki.ca.cert,
    'anonymous-auth': false,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    'allow-privileged': true,
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-key-file': pki.serviceAccounts.cert,
    'service-account-signing-key-file': pki.serviceAccounts.key,
    'service-cluster-ip-range': '10.96.0.0/16',
  });
}
