/** One HTTPS request to a server of the control plane, to see the bare status of the answer. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Pair } from './pki.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Trust {
  /** Path of the authority that the server must prove. */
  readonly ca: string;
  readonly client?: Pair;
  readonly token?: string;
}

export function get(url: string, { ca, client, token }: Trust): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const own = client && { cert: readFileSync(client.cert), key: readFileSync(client.key) };
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const asked = request(url, { ca: readFileSync(ca), ...own, headers, agent: false }, (reply) => {
      text(reply).then((body) => resolve({ status: reply.statusCode!, body }), reject);
    });
    const late = setTimeout(() => asked.destroy(new Error(`no answer of ${url} in 5 s`)), 5000);
    asked.on('close', () => clearTimeout(late));
    asked.on('error', reject).end();
  });
}
