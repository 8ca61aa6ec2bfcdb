/** Speaks with the etcd below a control plane through its JSON gateway. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import type { ControlPlane } from '../control-plane.ts';

type Etcd = ControlPlane['etcd'];

/** Everything before the newest revision is gone when it resolves: what is older can't be watched or listed any more. */
export async function compact({ etcd }: ControlPlane): Promise<void> {
  const { header } = (await post(etcd, '/v3/kv/range', { key: btoa('x'), limit: 1 })) as {
    header: { revision: string };
  };
  await post(etcd, '/v3/kv/compaction', { revision: header.revision, physical: true });
}

/** Writes whole objects past the API server, as another API server would: JSON, by their keys below /registry; null: gone. */
export async function writeAll(
  { etcd }: ControlPlane,
  objects: readonly (readonly [key: string, object: object | null])[],
) {
  const success = objects.map(([name, object]) => {
    const key = btoa(`/registry/${name}`);
    if (object === null) return { requestDeleteRange: { key } };
    return { requestPut: { key, value: Buffer.from(JSON.stringify(object)).toString('base64') } };
  });
  await post(etcd, '/v3/kv/txn', { success });
}

function post({ url, trust }: Etcd, path: string, body: object): Promise<unknown> {
  const { cert, key } = trust.client!;
  const tls = { ca: readFileSync(trust.ca), cert: readFileSync(cert), key: readFileSync(key) };
  return new Promise((resolve, reject) => {
    const call = request(`${url}${path}`, { method: 'POST', ...tls }, (answer) => {
      const said = json(answer);
      if (answer.statusCode === 200) resolve(said);
      else said.then((why) => reject(new Error(`etcd answers ${answer.statusCode}: ${JSON.stringify(why)}`)), reject);
    });
    call.on('error', reject).end(JSON.stringify(body));
  });
}
