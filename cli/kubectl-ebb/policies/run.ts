/** `kubectl ebb policies POD`: reads pod, policies and limits, judges as the operator does, and shows the answer. */
import { decodeProfile } from '../../../api/decode-node.ts';
import { windowMeaning } from '../../../api/schedule.ts';
import type { Run } from '../../command.ts';
import { Failed } from '../../exit.ts';
import { podName } from '../flags.ts';
import { look, type Session } from '../look.ts';
import { boundPod } from '../pod.ts';
import { nodeViewIfSeen, questionOf } from './read.ts';
import { showPolicies } from './show.ts';
import { type PoliciesView, policiesView } from './view.ts';

export const run: Run = ({ values, positionals }) => {
  const name = podName(positionals);
  return look(values, async (session) => {
    const view = await viewOf(session, name);
    return { view, show: (table, wide) => showPolicies(view, wide ? rulesOf(view) : null, table) };
  });
};

async function viewOf(session: Session, name: string): Promise<PoliciesView> {
  const pod = await boundPod(session, name);
  const question = await questionOf(session, pod, pod.node);
  if (question === null) throw new Failed(`node ${pod.node} of the pod is gone`);
  return policiesView(question, await nodeViewIfSeen(session, pod.node));
}

function rulesOf({ rules }: PoliciesView) {
  const decoded = rules === null ? null : decodeProfile(rules, windowMeaning);
  return decoded !== null && 'profile' in decoded ? decoded.profile : null;
}
