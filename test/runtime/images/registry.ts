/** Debian's registry (CNCF Distribution) on loopback, with TLS and a certificate that nobody but `env` trusts. Ends with us. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePorts, loopbackAddress } from '../../controlplane/address.ts';
import { Server } from '../../controlplane/server.ts';

export interface Registry extends AsyncDisposable {
  /** ADDRESS:PORT, as it stands in the name of an image. */
  readonly name: string;
  /** For its clients. */
  readonly env: Readonly<Record<string, string>>;
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-registry-'));
  const address = loopbackAddress();
  const [port] = await freePorts(address, 1);
  const config = join(folder, 'config.yaml');
  const tls = certify(folder, address);
  const http = { addr: `${address}:${port}`, tls };
  const storage = { filesystem: { rootdirectory: join(folder, 'data') } };
  writeFileSync(config, stringify({ version: '0.1', log: { level: 'warn' }, storage, http }));
  const server = new Server('docker-registry', ['serve', config], join(folder, 'docker-registry.log'));
  const end = async () => {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  for (let left = 100; !(await listens(address, port!)); left--) {
    if (left > 0 && !server.ended) await sleep(100);
    else {
      const words = server.lastWords();
      await end();
      throw new Error(`it does not listen: ${words}`);
    }
  }
  const env = { SSL_CERT_FILE: tls.certificate, ...homes(folder) };
  return { name: `${address}:${port}`, env, [Symbol.asyncDispose]: end };
}

function certify(folder: string, address: string): { readonly certificate: string; readonly key: string } {
  const [certificate, key] = [join(folder, 'registry.crt'), join(folder, 'registry.key')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', key];
  const named = ['-subj', '/CN=registry', '-addext', `subjectAltName=IP:${address}`, '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...made, ...named, '-out', certificate], { stdio: 'pipe' });
  return { certificate, key };
}

/** Where helm and skopeo keep what is theirs: a person's passwords for registries are none of our business. */
function homes(folder: string): Record<string, string> {
  const home = join(folder, 'home');
  mkdirSync(home);
  const helm = Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((kind) => [`HELM_${kind}_HOME`, join(home, kind)]));
  return { HOME: home, XDG_RUNTIME_DIR: home, ...helm };
}

async function listens(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
