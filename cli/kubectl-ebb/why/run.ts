/** `kubectl ebb why POD`: finds the node that has the pod, and shows what its object says of it. */
import { escapeText } from '../../../api/escape.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { resources } from '../../../operator/resources.ts';
import type { Run } from '../../command.ts';
import { Failed } from '../../exit.ts';
import { podName } from '../flags.ts';
import { look, type Session } from '../look.ts';
import { type NodeView, nodeViewOf } from '../node-view.ts';
import { type BoundPod, boundPod } from '../pod.ts';
import { type Judged, judge } from '../policies/judge.ts';
import { nodeView, questionOf } from '../policies/read.ts';
import { explain } from '../rights.ts';
import { showWhy } from './show.ts';
import { type Asked, isAsked, type WhyView, whyView } from './view.ts';

export const run: Run = ({ values, positionals }) => {
  const name = podName(positionals);
  return look(values, async (session) => {
    const view = await viewOf(session, name);
    return { view, show: (table) => showWhy(view, Date.now(), table) };
  });
};

async function viewOf(session: Session, name: string): Promise<WhyView> {
  const pod = await podIfSeen(session, name);
  if (typeof pod === 'string') return await fromObjectsAlone(session, name, pod);
  const node = await nodeView(session.reader, pod.node);
  const asked = { namespace: pod.namespace, name, node: pod.node, uid: pod.uid };
  const listed = node?.pods.some((each) => isAsked(each, asked)) === true;
  return whyView(asked, node, listed ? [] : await judgedIfSeen(session, pod), Date.now());
}

/** The words of the refusal where pods may not be read. */
async function podIfSeen(session: Session, name: string): Promise<BoundPod | string> {
  try {
    return await boundPod(session, name);
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return explain(error)!;
    throw error;
  }
}

/** Who may not read pods may read the objects of nodes, which name those that a policy has. */
async function fromObjectsAlone({ reader, namespace }: Session, name: string, refusal: string): Promise<WhyView> {
  const nodes = await reader.all({ resource: resources.nodeAdvices }, nodeViewOf);
  const asked = (node: NodeView): Asked => ({ namespace, name, node: node.name, uid: null });
  const node = nodes.find((each) => each.pods.some((pod) => isAsked(pod, asked(each))));
  if (node) return whyView(asked(node), node, null, Date.now());
  throw new Failed(
    `no node’s object has pod ${escapeText(name, 253)} of namespace ${escapeText(namespace)}, so no policy has it; more is not to be seen: ${refusal}`,
  );
}

/** null: not to be seen. */
async function judgedIfSeen(session: Session, pod: BoundPod): Promise<readonly Judged[] | null> {
  try {
    const question = await questionOf(session, pod, pod.node);
    return question && judge(question).policies;
  } catch (error) {
    if (isKubeError(error, 'Forbidden')) return null;
    throw error;
  }
}
