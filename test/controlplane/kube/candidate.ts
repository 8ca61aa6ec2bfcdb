/**
 * A candidate of a lease as a process of its own, so that it can be stopped and killed. While it leads it writes a ConfigMap
 * five times a second; each line of its output says what happened. SIGTERM ends it in order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../../kube/connect.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { Election } from '../../../kube/lease.ts';
import type { Requests } from '../../../kube/objects.ts';
import { pathOf } from '../../../kube/resource.ts';

const [identity, kubeconfig] = process.argv.slice(2);

const say = (line: string): void => console.log(line);
const connection = await connect({ kubeconfig: kubeconfig! });
const place = { namespace: 'default', name: 'election' };
const election = new Election(connection, {
  ...place,
  identity: identity!,
  failed: ({ code, message }) => say(`failed ${code} ${message}`),
});
const path = pathOf({ group: '', version: 'v1', plural: 'configmaps' }, place);
const contentType = 'application/merge-patch+json';

async function write(requests: Requests, count: number): Promise<void> {
  try {
    await requests.request({
      method: 'PATCH',
      path,
      contentType,
      body: { data: { by: identity, count: String(count) } },
    });
    say(`wrote ${count}`);
  } catch (error) {
    say(`refused ${isKubeError(error) ? error.code : String(error)}`);
  }
}

async function lead(term: AbortSignal): Promise<void> {
  say('leads');
  const requests = election.guarded(connection);
  for (let count = 1; !term.aborted; count++) {
    await write(requests, count);
    await sleep(200, undefined, { signal: term }).catch(() => undefined);
  }
  say('leads no more');
}

const abort = new AbortController();
process.on('SIGTERM', () => abort.abort());
say('waits');
await election.run(lead, abort.signal);
say('ended');
connection[Symbol.dispose]();
