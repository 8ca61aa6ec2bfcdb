/** What stands in the way of reclaiming, most far-reaching first: the switch, agents, nodes, policies, containers. Pure. */
import { listAt, textAt } from '../../../operator/raw.ts';
import { conditionOf, containersOf, hearing, type NodeView } from '../node-view.ts';
import type { SwitchView } from '../switch/state.ts';
import { meaningOf } from '../text.ts';
import type { PolicySeen } from './view.ts';

export interface Obstacle {
  readonly reason: string;
  readonly meaning: string;
  /** What it holds up. */
  readonly what: 'switch' | 'nodes' | 'policies' | 'containers';
  readonly count: number;
  /** The first few of them, by name. */
  readonly names: readonly string[];
}

interface Around {
  readonly switch: SwitchView | null;
  readonly nodes: readonly NodeView[];
  readonly policies: readonly PolicySeen[];
}

const maxNames = 3;

export function obstacles(around: Around, now: number): Obstacle[] {
  const byNode = around.nodes.flatMap((node) => nodeReasons(node, now).map((reason) => [reason, node.name] as const));
  const byPolicy = around.policies.flatMap((policy) =>
    policyReasons(policy).map((reason) => [reason, policy.name] as const),
  );
  const byContainer = around.nodes.flatMap(containerReasons);
  return [
    ...switchObstacle(around.switch),
    ...gathered('nodes', byNode),
    ...gathered('policies', byPolicy),
    ...gathered('containers', byContainer),
  ];
}

function switchObstacle(view: SwitchView | null): Obstacle[] {
  if (view?.reason == null) return [];
  return [{ reason: view.reason, meaning: meaningOf(view.reason), what: 'switch', count: 1, names: ['ebb-switch'] }];
}

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
