/** Keys and certificates of one control plane, made by openssl(1) in its private folder; keys are readable by us alone. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of a certificate and its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Identity {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** What a certificate is used for. */
interface Use {
  readonly extended: 'clientAuth' | 'serverAuth' | 'serverAuth,clientAuth';
  readonly names?: readonly string[];
}

/** Nothing of the machine's openssl.cnf gets into a certificate. */
const config = '[req]\ndistinguished_name = name\nprompt = no\n[name]\n';
const curve = 'ec_paramgen_curve:prime256v1';

/** O is a group, CN the user. */
export function subjectOf({ user, groups = [] }: Identity): string {
  const escaped = (text: string) => text.replace(/[\\/+]/g, '\\$&');
  return [...groups.map((group) => `/O=${escaped(group)}`), `/CN=${escaped(user)}`].join('');
}

export class Pki {
  readonly #folder: string;
  /** Of clients and of the API server. */
  readonly ca: Pair;
  /** Of its own, since etcd lets in whoever has a certificate of its authority. */
  readonly etcdCa: Pair;
  readonly etcd: Pair;
  readonly etcdClient: Pair;
  readonly apiServer: Pair;
  readonly admin: Pair;
  /** Signs the tokens of ServiceAccounts; `cert` is the bare public key. */
  readonly serviceAccounts: Pair;
  #issued = 0;

  /** `more`: what else the API server is known as. */
  constructor(folder: string, address: string, more: readonly string[] = []) {
    this.#folder = folder;
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'openssl.cnf'), config);
    this.ca = this.#authority('ca');
    this.etcdCa = this.#authority('etcd-ca');
    const names = [`IP:${address}`, 'IP:127.0.0.1', 'DNS:localhost'];
    const serves = { extended: 'serverAuth', names: [...names, ...more] } as const;
    // etcd's own gateway connects to it with this certificate, too.
    this.etcd = this.#issue('etcd', this.etcdCa, { user: 'etcd' }, { extended: 'serverAuth,clientAuth', names });
    this.etcdClient = this.#issue('etcd-client', this.etcdCa, { user: 'kube-apiserver' }, { extended: 'clientAuth' });
    this.apiServer = this.#issue('kube-apiserver', this.ca, { user: 'kube-apiserver' }, serves);
    this.admin = this.#issue(
      'admin',
      this.ca,
      { user: 'admin', groups: ['system:masters'] },
      { extended: 'clientAuth' },
    );
    this.serviceAccounts = this.#signer('service-accounts');
  }

  /** A certificate with which a client is that user, in those groups. */
  client(identity: Identity): Pair {
    this.#issued++;
    return this.#issue(`client-${this.#issued}`, this.ca, identity, { extended: 'clientAuth' });
  }

  #pair(name: string): Pair {
    return { cert: join(this.#folder, `${name}.crt`), key: join(this.#folder, `${name}.key`) };
  }

  #authority(name: string): Pair {
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    return this.#certify(name, `/CN=${name}`, [...extensions, 'subjectKeyIdentifier=hash'], []);
  }

  #issue(name: string, authority: Pair, identity: Identity, { extended, names = [] }: Use): Pair {
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      `extendedKeyUsage=${extended}`,
      ...(names.length > 0 ? [`subjectAltName=${names.join(',')}`] : []),
    ];
    return this.#certify(name, subjectOf(identity), extensions, ['-CA', authority.cert, '-CAkey', authority.key]);
  }

  /** openssl makes key files with mode 0600. */
  #certify(name: string, subject: string, extensions: readonly string[], signer: readonly string[]): Pair {
    const pair = this.#pair(name);
    const key = ['-newkey', 'ec', '-pkeyopt', curve, '-noenc', '-keyout', pair.key];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const words = ['-config', join(this.#folder, 'openssl.cnf'), '-x509', '-days', '30', '-utf8', '-subj', subject];
    openssl('req', ...words, ...key, ...added, ...signer, '-out', pair.cert);
    return pair;
  }

  #signer(name: string): Pair {
    const pair = this.#pair(name);
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', curve, '-out', pair.key);
    openssl('pkey', '-in', pair.key, '-pubout', '-out', pair.cert);
    return pair;
  }
}

export function textOf({ cert, key }: Pair): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

function openssl(...words: readonly string[]): void {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
