/** What a request needs besides itself: where the server is, how it is trusted, who asks. in-cluster.ts and kubeconfig.ts
 * give it; connection.ts asks for it anew before each request, so that what rotates is always fresh. */
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';

export type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'pfx' | 'servername'> & {
  readonly rejectUnauthorized: boolean;
};

export interface Access {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Tls;
  /** Where a proxy lies between. */
  readonly agent?: Agent | undefined;
}

export interface Credentials {
  /** Rejects with a KubeError: Misconfigured. */
  access(): Promise<Access>;
  /** The server said 401: nothing that is kept may be used again. */
  refused(): void;
}
