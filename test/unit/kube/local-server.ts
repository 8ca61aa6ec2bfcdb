/** An HTTP server on loopback that answers as a test says, for what goes wrong on the way. It knows nothing of Kubernetes. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Credentials } from '../../../kube/access.ts';
import { Connection, type ConnectionOptions } from '../../../kube/connection.ts';

export interface Local extends AsyncDisposable {
  readonly connection: Connection;
  readonly port: number;
  readonly asked: readonly IncomingMessage[];
  /** How often the credentials were told that the server refused them. */
  readonly refusals: () => number;
}

export async function local(answer: RequestListener, options: ConnectionOptions = {}): Promise<Local> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let refused = 0;
  const access = {
    server: new URL(`http://127.0.0.1:${port}/base/`),
    headers: { authorization: 'Bearer secret' },
    tls: { rejectUnauthorized: true },
  };
  const credentials: Credentials = {
    access: async () => access,
    refused: () => {
      refused++;
    },
  };
  const connection = new Connection(credentials, options);
  return {
    connection,
    port,
    asked,
    refusals: () => refused,
    [Symbol.asyncDispose]: async () => {
      connection[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}
