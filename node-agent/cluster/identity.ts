/** Who this agent is: its node and its namespace, from what a pod knows of itself. Pure. */
import { valueAt } from '../../api/decode.ts';

/** What the pod holds; null: not there, or not readable. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The ServiceAccount's token and namespace, as its files hold them. */
  readonly token: string | null;
  readonly namespace: string | null;
}

export interface Identity {
  readonly nodeName: string | undefined;
  readonly nodeUID: string | undefined;
  readonly namespace: string | undefined;
}

export function whoAmI({ env, token, namespace }: Surroundings): Identity {
  const node = nodeOf(token ?? '');
  return {
    nodeName: env['EBB_NODE_NAME'] || node.name,
    nodeUID: node.uid,
    namespace: env['EBB_NAMESPACE'] || namespace?.trim() || undefined,
  };
}

/** The claim of a token bound to a pod (Kubernetes 1.32). It is our own, and the API server checks it: nobody needs to here. */
function nodeOf(token: string): { readonly name?: string; readonly uid?: string } {
  const node = valueAt(payloadOf(token), ['kubernetes.io', 'node']);
  const [name, uid] = [valueAt(node, ['name']), valueAt(node, ['uid'])];
  return { ...(typeof name === 'string' && { name }), ...(typeof uid === 'string' && { uid }) };
}

function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
