/** What stands in the way of reclaiming, most far-reaching first: the switch, operator, agents, nodes, policies, containers. Pure. */
import type { Reason } from '../../../api/reasons.ts';
import { listAt, textAt } from '../../../operator/raw.ts';
import { conditionOf, containersOf, hearing, type NodeView } from '../node-view.ts';
import type { SwitchView } from '../switch/state.ts';
import { meaningOf } from '../text.ts';
import type { AgentsView, OperatorView, PolicySeen } from './view.ts';

export interface Obstacle {
  readonly reason: string;
  readonly meaning: string;
  /** What it holds up. */
  readonly what: 'switch' | 'operator' | 'agents' | 'nodes' | 'policies' | 'containers';
  readonly count: number;
  /** The first few of them, by name. */
  readonly names: readonly string[];
}

/** null: not to be seen. */
interface Around {
  readonly switch: SwitchView | null;
  readonly operator: OperatorView | null;
  readonly agents: AgentsView | null;
  readonly nodes: readonly NodeView[] | null;
  readonly policies: readonly PolicySeen[] | null;
}

const maxNames = 3;

export function obstacles(around: Around, now: number): Obstacle[] {
  const nodes = around.nodes ?? [];
  const byNode = nodes.flatMap((node) => nodeReasons(node, now).map((reason) => [reason, node.name] as const));
  const byPolicy = (around.policies ?? []).flatMap((policy) =>
    policyReasons(policy).map((reason) => [reason, policy.name] as const),
  );
  const byContainer = nodes.flatMap(containerReasons);
  return [
    ...switchObstacle(around.switch),
    ...operatorObstacles(around.operator),
    ...agentsObstacle(around.agents),
    ...(around.nodes?.length === 0 ? [unnamed('NoNodes', 'nodes', 0)] : []),
    ...gathered('nodes', byNode),
    ...gathered('policies', byPolicy),
    ...gathered('containers', byContainer),
  ];
}

function switchObstacle(view: SwitchView | null): Obstacle[] {
  const reason = view?.state === null ? 'NoSwitch' : view?.reason;
  return reason ? [{ ...unnamed(reason, 'switch', 1), names: ['ebb-switch'] }] : [];
}

function operatorObstacles(operator: OperatorView | null): Obstacle[] {
  if (operator === null) return [];
  const { leader, replicas, readyReplicas } = operator;
  const notReady = (replicas ?? 0) - (readyReplicas ?? 0);
  return [
    ...(leader === null ? [unnamed('NoLeader', 'operator', replicas ?? 0)] : []),
    ...(notReady > 0 ? [unnamed('OperatorNotReady', 'operator', notReady)] : []),
  ];
}

function agentsObstacle(agents: AgentsView | null): Obstacle[] {
  if (agents === null || agents.desired === null) return [];
  const { desired, ready } = agents;
  if (desired === 0) return [unnamed('NoAgents', 'agents', 0)];
  const notReady = desired - (ready ?? 0);
  return notReady > 0 ? [unnamed('AgentsNotReady', 'agents', notReady)] : [];
}

const unnamed = (reason: Reason, what: Obstacle['what'], count: number): Obstacle => ({
  reason,
  meaning: meaningOf(reason),
  what,
  count,
  names: [],
});

/** What the switch says holds on every node, and is told once. */
const toldBySwitch = ['SwitchStop', 'SwitchRestore', 'SwitchObserve', 'SwitchUnknown'];

function nodeReasons(node: NodeView, now: number): string[] {
  const ready = conditionOf(node, 'Ready');
  const swap = conditionOf(node, 'SwapAvailable');
  const heard = hearing(node, now);
  const said =
    heard === 'heard' ? [ready, swap].filter((one) => one?.status === 'False').map((one) => one!.reason) : [];
  return [
    ...(heard === 'silent' ? ['AgentSilent'] : []),
    ...(heard === 'not yet' ? ['NoReports'] : []),
    ...node.paused,
    ...said.filter((reason) => !toldBySwitch.includes(reason)),
    ...(node.omittedPods > 0 ? ['NoRoom'] : []),
    ...(node.unreadable.length > 0 ? ['MalformedSpec'] : []),
  ];
}

/** Conditions that hold a policy up, by what is wrong when they are so. */
const wrongWhen: Readonly<Record<string, string>> = {
  Accepted: 'False',
  Programmed: 'False',
  Effective: 'False',
  Overridden: 'True',
};

function policyReasons({ status, mode }: PolicySeen): string[] {
  const wrong = listAt(status, 'conditions').filter(
    (one) => textAt(one, 'status') === wrongWhen[textAt(one, 'type') ?? ''],
  );
  const held = listAt(status, 'conditions')
    .filter((one) => textAt(one, 'type') === 'Accepted' && textAt(one, 'status') === 'True')
    .map((one) => textAt(one, 'reason'))
    .filter((reason) => reason !== 'Accepted');
  const modes = mode === 'Enforce' ? [] : [mode];
  return [...modes, ...wrong.map((one) => textAt(one, 'reason')), ...held].filter((reason) => reason !== null);
}

/** Skipped and backing off: the others wait for nothing but time. */
function containerReasons(node: NodeView): (readonly [string, string])[] {
  return containersOf(node)
    .filter(({ container }) => container.state === 'Skipped' || container.state === 'Backoff')
    .map(({ namespace, pod, container }) => [container.reason ?? 'Skipped', `${namespace}/${pod}`] as const);
}

function gathered(what: Obstacle['what'], found: readonly (readonly [string, string])[]): Obstacle[] {
  const byReason = Map.groupBy(found, ([reason]) => reason);
  return [...byReason]
    .map(([reason, each]) => {
      const names = [...new Set(each.map(([, name]) => name))];
      return { reason, meaning: meaningOf(reason), what, count: each.length, names: names.slice(0, maxNames) };
    })
    .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}
