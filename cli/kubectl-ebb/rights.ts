/**
 * Words for what the API server answers: a missing right by its verb, its resource and the ClusterRole that grants it, and
 * what else a person can do something about. Pure.
 */
import { escapeText } from '../../api/escape.ts';
import { group } from '../../api/group.ts';
import { isKubeError, type KubeError } from '../../kube/errors.ts';

export interface Right {
  readonly verb: string;
  /** "pods", "nodememoryadvices.ebb.dev". */
  readonly resource: string;
  /** Absent: of the cluster. */
  readonly namespace?: string | undefined;
  readonly user: string;
}

const read = ['get', 'list', 'watch'];
const ebbKinds = ['memoryadvicepolicies', 'clustermemoryadvicepolicies', 'memoryadvicelimits', 'nodememoryadvices'];

type Rights = Readonly<Record<string, readonly string[]>>;

const viewer: Rights = {
  ...Object.fromEntries(ebbKinds.map((kind) => [`${kind}.${group}`, read])),
  pods: read,
  namespaces: read,
  nodes: read,
  configmaps: ['get', 'list'],
  'leases.coordination.k8s.io': ['get'],
  'deployments.apps': ['get'],
  'daemonsets.apps': ['get'],
};

/** Role → resource → verbs, as charts/ebb/templates/access/people.yaml has them (a test compares); the least role first. */
export const roles: Readonly<Record<string, Rights>> = {
  'ebb-viewer': viewer,
  'ebb-admin': { ...viewer, configmaps: ['get', 'list', 'patch'], nodes: [...read, 'patch'] },
};

export function grantedBy({ verb, resource }: Pick<Right, 'verb' | 'resource'>): string | null {
  return Object.keys(roles).find((role) => roles[role]![resource]?.includes(verb)) ?? null;
}

/** As the API server says it, in every version since 1.12. */
const forbidden =
  /User "((?:[^"\\]|\\.)*)" cannot (\w+) resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?/;

export function missingRight(message: string): Right | null {
  const [, user, verb, resource, apiGroup, namespace] = forbidden.exec(message) ?? [];
  if (user === undefined || verb === undefined || resource === undefined) return null;
  return { verb, resource: apiGroup ? `${resource}.${apiGroup}` : resource, namespace, user };
}

export function rightWords(right: Right): string {
  const { verb, resource, namespace, user } = right;
  const where = namespace ? ` in namespace ${escapeText(namespace)}` : ' in the cluster';
  const role = grantedBy(right);
  const how =
    role === null
      ? 'no role of Ebb grants it'
      : `ClusterRole ${role} grants it: kubectl create clusterrolebinding NAME --clusterrole=${role} --user=USER`;
  return `user ${JSON.stringify(escapeText(user, 200))} may not ${escapeText(verb)} ${escapeText(resource, 200)}${where}; ${how}`;
}

/** null: its own message says enough. */
export function explain(error: unknown): string | null {
  if (!isKubeError(error)) return null;
  const said = escapeText(error.message, 500);
  switch (error.code) {
    case 'Forbidden': {
      const right = missingRight(error.message);
      return right === null ? said : rightWords(right);
    }
    case 'Unauthorized':
      return `the API server does not know who asks: log in again, or name another --context (${said})`;
    case 'Unreachable':
    case 'Timeout':
      return `the API server does not answer: ${said}`;
    case 'NotFound':
      return isUnknownKind(error) ? 'Ebb’s kinds are not in this cluster: helm install ebb charts/ebb' : said;
    default:
      return said;
  }
}

/** A path that the server does not serve has no name in its answer. */
function isUnknownKind({ message }: KubeError): boolean {
  return message.includes(`/apis/${group}/`) && /could not find the requested resource|HTTP status 404/.test(message);
}
