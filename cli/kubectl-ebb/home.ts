/** Where Ebb is: as asked for, else where the chart's ConfigMap ebb-switch is, else where the chart puts it by itself. */
import { escapeText } from '../../api/escape.ts';
import type { Connection } from '../../kube/connection.ts';
import { isKubeError } from '../../kube/errors.ts';
import { Failed } from '../exit.ts';
import type { Session } from './look.ts';
import { listed } from './reader.ts';
import { configMaps, switchName } from './resources.ts';

const usual = 'ebb-system';

export async function ebbNamespace({ reader, where }: Pick<Session, 'reader' | 'where'>): Promise<string> {
  if (where.ebbNamespace !== undefined) return where.ebbNamespace;
  const found = await namespacesOfSwitches(reader.connection);
  if (found.length <= 1) return found[0] ?? usual;
  const names = found.map((name) => escapeText(name)).join(', ');
  throw new Failed(`${switchName} is in more than one namespace: ${names}; say which by --ebb-namespace NAME`);
}

/** By name, which is all that the roles of Ebb let one list. */
async function namespacesOfSwitches(connection: Connection): Promise<string[]> {
  const fieldSelector = `metadata.name=${switchName}`;
  const selection = { resource: configMaps, fieldSelector, labelSelector: 'app.kubernetes.io/part-of=ebb' };
  try {
    return await listed(connection, selection, ({ metadata }) => metadata.namespace ?? '');
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return [];
    throw error;
  }
}

export const noSwitch = (namespace: string): Failed =>
  new Failed(
    `there is no ConfigMap ${switchName} in namespace ${escapeText(namespace)}: Ebb is not installed, or elsewhere ` +
      '(--ebb-namespace NAME)',
  );
