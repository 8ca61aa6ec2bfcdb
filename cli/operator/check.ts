/** `ebb operator --check`: asks the API server until the installation works, or for so long as it was given. */
import { setTimeout as sleep } from 'node:timers/promises';
import { valueAt } from '../../api/decode.ts';
import { connect } from '../../kube/connect.ts';
import type { Connection } from '../../kube/connection.ts';
import { isKubeError } from '../../kube/errors.ts';
import { readObject } from '../../kube/objects.ts';
import { listPages } from '../../kube/pages.ts';
import type { Resource } from '../../kube/resource.ts';
import type { OperatorConfig } from '../../operator/config.ts';
import { leaseName } from '../../operator/main.ts';
import { resources } from '../../operator/resources.ts';
import type { ExitCode } from '../exit.ts';
import { print } from '../output.ts';
import { type Report, type Seen, type Verdict, verdict } from './verdict.ts';

const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
const daemonSets: Resource = { group: 'apps', version: 'v1', plural: 'daemonsets' };
const againMillis = 2000;
/** Objects have up to 256 KiB. */
const pageSize = 50;

export async function checkInstallation({ kubeconfig, namespace }: OperatorConfig, seconds: number): Promise<ExitCode> {
  using connection = await connect({ kubeconfig: kubeconfig ?? undefined, userAgent: 'ebb-check' });
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const { works, lines } = await look(connection, namespace);
    if (works || performance.now() + againMillis > end) {
      print(lines.join('\n'));
      return works ? 0 : 1;
    }
    await sleep(againMillis);
  }
}

async function look(connection: Connection, namespace: string): Promise<Verdict> {
  const seen: Seen = {
    lease: await readOrNull(connection, leases, { namespace, name: leaseName }),
    daemonSet: await readOrNull(connection, daemonSets, { namespace, name: 'ebb-node-agent' }),
    reports: await reports(connection),
  };
  return verdict(seen, new Date());
}

async function readOrNull(connection: Connection, resource: Resource, place: { namespace: string; name: string }) {
  try {
    return await readObject(connection, resource, place);
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return null;
    throw error;
  }
}

async function reports(connection: Connection): Promise<Report[]> {
  let found: Report[] = [];
  await listPages(
    connection,
    { resource: resources.nodeAdvices },
    {
      pageSize,
      signal: new AbortController().signal,
      begin: () => {
        found = [];
      },
      page: (items) => found.push(...items.map(reportOf)),
    },
  );
  return found;
}

function reportOf(item: unknown): Report {
  const time = valueAt(item, ['status', 'reportTime']);
  return { node: String(valueAt(item, ['metadata', 'name'])), reportTime: typeof time === 'string' ? time : null };
}
