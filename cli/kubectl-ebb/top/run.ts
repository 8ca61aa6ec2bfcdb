/** `kubectl ebb top`: reads what the table is made of, sorts it, shows it. */
import { escapeText } from '../../../api/escape.ts';
import { clusterPolicyKind, policyKind } from '../../../api/policy.ts';
import { resources } from '../../../operator/resources.ts';
import type { Run, Values } from '../../command.ts';
import { UsageError } from '../../exit.ts';
import { choice } from '../../parse.ts';
import { look, type Session, type Shown } from '../look.ts';
import { nodeViewOf } from '../node-view.ts';
import { policySeen } from '../status/view.ts';
import { showNodes, showPods, showPolicies } from './show.ts';
import { nodeRow, orders, podRows, policyRow, type Subject, sorted } from './view.ts';

export const run: Run = ({ values, positionals }) => {
  const subject = subjectOf(positionals[0] ?? 'pods');
  const field = fieldOf(subject, values);
  const everywhere = values['all-namespaces'] === true;
  if (everywhere && values['namespace'] !== undefined) throw new UsageError('-A and -n exclude each other');
  return look(values, (session) => read[subject](session, everywhere ? null : session.namespace, field));
};

const subjects: Readonly<Record<string, Subject>> = {
  pods: 'pods',
  pod: 'pods',
  nodes: 'nodes',
  node: 'nodes',
  policies: 'policies',
  policy: 'policies',
};

function subjectOf(word: string): Subject {
  const found = Object.hasOwn(subjects, word) ? subjects[word] : undefined;
  if (found) return found;
  throw new UsageError(`top of ${escapeText(word)}: allowed: ${Object.keys(orders).join(', ')}`);
}

function fieldOf(subject: Subject, values: Values): string {
  const fields: Readonly<Record<string, string>> = orders[subject];
  const words = Object.keys(fields);
  return fields[choice(values, 'sort-by', words) ?? words[0]!]!;
}

type Read = (session: Session, namespace: string | null, field: string) => Promise<Shown>;

const pods: Read = async ({ reader }, namespace, field) => {
  const nodes = await reader.all({ resource: resources.nodeAdvices }, nodeViewOf);
  const rows = sorted(podRows(nodes, namespace), field);
  const omittedContainers = nodes.reduce((sum, { status }) => sum + (status.omittedContainers ?? 0), 0);
  return {
    view: { pods: rows, omittedContainers },
    show: (table, wide) => showPods(rows, omittedContainers, { look: table, wide }),
  };
};

const nodes: Read = async ({ reader }, _namespace, field) => {
  const all = await reader.all({ resource: resources.nodeAdvices }, nodeViewOf);
  const now = Date.now();
  const rows = sorted(
    all.map((node) => nodeRow(node, now)),
    field,
  );
  return { view: { nodes: rows }, show: (table, wide) => showNodes(rows, { look: table, wide }) };
};

/** Cluster policies belong to no namespace: they are shown with those of all. */
const policies: Read = async ({ reader }, namespace, field) => {
  const own = { resource: resources.policies, namespace: namespace ?? undefined };
  const [namespaced, wideOnes] = await Promise.all([
    reader.all(own, (object) => policySeen(policyKind, object)),
    namespace === null
      ? reader.all({ resource: resources.clusterPolicies }, (object) => policySeen(clusterPolicyKind, object))
      : [],
  ]);
  const rows = sorted([...namespaced, ...wideOnes].map(policyRow), field);
  return { view: { policies: rows }, show: (table, wide) => showPolicies(rows, { look: table, wide }) };
};

const read: Readonly<Record<Subject, Read>> = { pods, nodes, policies };
