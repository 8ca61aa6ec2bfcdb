/**
 * Why a node is paused: an ordered list of questions to its object. Ebb never fights whoever removes a node. node-plan.ts
 * puts the answers into paused.reasons.
 */
import type { Reason } from '../api/reasons.ts';
import { isPaused } from './annotations.ts';
import type { Node } from './snapshot.ts';

const drainingTaints = ['ToBeDeletedByClusterAutoscaler', 'karpenter.sh/disrupted'];
const candidateTaints = ['DeletionCandidateOfClusterAutoscaler'];

const questions: readonly (readonly [Reason, (node: Node) => boolean])[] = [
  ['Paused', ({ annotations }) => isPaused(annotations)],
  // Where somebody deletes a NodeClaim, Karpenter deletes the Node, and taints it only just before it evicts.
  ['NodeDraining', ({ taints, deleting }) => deleting || taints.some((key) => drainingTaints.includes(key))],
  ['NodeRemovalCandidate', ({ taints }) => taints.some((key) => candidateTaints.includes(key))],
  ['NodeCordoned', ({ unschedulable }) => unschedulable],
  ['NodeNotReady', ({ ready }) => !ready],
];

export function pauseReasons(node: Node): Reason[] {
  return questions.filter(([, holds]) => holds(node)).map(([reason]) => reason);
}
