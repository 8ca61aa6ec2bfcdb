/**
 * For each alert what makes it fire and what comes close and does not, as series from the first minute on in promtool's
 * notation, one value a minute. `at`: the minute that is looked at.
 */
export interface AlertCase {
  readonly fires: readonly Series[];
  readonly quiet: readonly (readonly Series[])[];
  readonly at: number;
  /** Labels that the alert must name. */
  readonly says: Readonly<Record<string, string>>;
}

type Series = readonly [series: string, values: string];

const node = 'node="n1",instance="10.0.0.1:9468",job="ebb"';
const policy = `${node},policy="shop/idle"`;
const ofNode = { node: 'n1' };
const ofPolicy = { node: 'n1', policy: 'shop/idle' };
const mib = 2 ** 20;

const agent = (name: string, values: string, labels = ''): Series => [
  `ebb_${name}{${node}${labels && `,${labels}`}}`,
  values,
];
const operator = (name: string, values: string, labels = '', replica = 'a'): Series => [
  `ebb_operator_${name}{instance="${replica}"${labels && `,${labels}`}}`,
  values,
];
const bytes = (name: string, mibPerMinute: number): Series => [
  `ebb_${name}_bytes_total{${policy}}`,
  `0+${mibPerMinute * mib}x600`,
];
const condition = (type: string, status: string, reason: string, values: string): Series =>
  operator('policy_conditions', values, `condition="${type}",status="${status}",reason="${reason}"`);
const started = (values: string, job = 'ebb'): Series => [
  `process_start_time_seconds{node="n1",instance="10.0.0.1:9468",job="${job}"}`,
  values,
];
const calls = (fast: number, slow: number): Series[] => [
  ...['0.016', '0.064'].map((le) =>
    agent('longest_call_duration_seconds_bucket', `0+${fast}x200`, `advice="Cold",le="${le}"`),
  ),
  ...['0.25', '1', '+Inf'].map((le) =>
    agent('longest_call_duration_seconds_bucket', `0+${fast + slow}x200`, `advice="Cold",le="${le}"`),
  ),
];
const refusals = (reason: string, perMinute: number): Series => [
  `ebb_process_refusals_total{${policy},reason="${reason}"}`,
  `0+${perMinute}x120`,
];

export const alertCases: Readonly<Record<string, AlertCase>> = {
  EbbAgentSilent: {
    fires: [operator('nodes', '0x10 2x30', 'state="Silent"'), operator('nodes', '0x10 2x30', 'state="Silent"', 'b')],
    quiet: [
      [operator('nodes', '0x10 2x8 0x20', 'state="Silent"')],
      [operator('nodes', '3x40', 'state="NotReady"'), operator('nodes', '0x40', 'state="NoReport"')],
    ],
    at: 35,
    says: { state: 'Silent' },
  },
  EbbAgentRestarting: {
    fires: [started('100+100x30 3200x60'), agent('build_info', '1x90', 'version="0.1.0"')],
    quiet: [
      [started('100x20 200x20 300x20 400x60'), agent('build_info', '1x120', 'version="0.1.0"')],
      [started('100+100x30 3200x60', 'other'), agent('build_info', '1x90', 'version="0.1.0"')],
    ],
    at: 40,
    says: ofNode,
  },
  EbbWorkerGone: {
    fires: [agent('worker_up', '1x5 0x10')],
    quiet: [[agent('worker_up', '1x5 0x1 1x10')], [agent('worker_up', '1x20')]],
    at: 12,
    says: ofNode,
  },
  EbbNodeDegraded: {
    fires: [agent('stuck_sessions', '0x5 4x20')],
    quiet: [[agent('stuck_sessions', '3x30')], [agent('stuck_sessions', '0x15 4x5 0x10')]],
    at: 20,
    says: ofNode,
  },
  EbbTicksFail: {
    fires: [agent('tick_failures_total', '0+1x30')],
    quiet: [[agent('tick_failures_total', '0x10 2x20')]],
    at: 25,
    says: ofNode,
  },
  EbbSpecStale: {
    fires: [agent('held', '_x10 1x20', 'reason="SpecStale"')],
    quiet: [[agent('held', '_x10 1x3 _x20', 'reason="SpecStale"')], [agent('held', '1x30', 'reason="NodeCordoned"')]],
    at: 20,
    says: ofNode,
  },
  EbbStatusNotWritten: {
    fires: [
      agent('status_writes_total', '0+1x60', 'result="Forbidden"'),
      agent('status_writes_total', '7x60', 'result="Written"'),
    ],
    quiet: [
      [
        agent('status_writes_total', '0+1x60', 'result="Conflict"'),
        agent('status_writes_total', '0+1x60', 'result="Written"'),
      ],
      [
        agent('status_writes_total', '0x60', 'result="Written"'),
        agent('status_writes_total', '2x60', 'result="Timeout"'),
      ],
    ],
    at: 40,
    says: ofNode,
  },
  EbbPoliciesUnreadable: {
    fires: [agent('policy_errors', '0x5 1x20')],
    quiet: [[agent('policy_errors', '0x5 1x5 0x20')]],
    at: 20,
    says: ofNode,
  },
  EbbHeldBack: {
    fires: [agent('held', '1x90', 'reason="SwitchStop"')],
    quiet: [[agent('held', '1x40 _x50', 'reason="SwitchStop"')], [agent('held', '1x90', 'reason="NodeDraining"')]],
    at: 70,
    says: { node: 'n1', reason: 'SwitchStop' },
  },
  EbbNothingFollowed: {
    fires: [agent('held', '1x90', 'reason="WrongNode"')],
    quiet: [
      [agent('held', '1x50 _x40', 'reason="WrongNode"')],
      [agent('held', '1x50 _x40', 'reason="NoSpec"'), agent('held', '_x51 1x40', 'reason="SwitchStop"')],
    ],
    at: 75,
    says: { node: 'n1', reason: 'WrongNode' },
  },
  EbbSwapNearlyFull: {
    fires: [agent('node_swap_bytes', '1000x30'), agent('node_swap_free_bytes', '99x30')],
    quiet: [
      [agent('node_swap_bytes', '1000x30'), agent('node_swap_free_bytes', '101x30')],
      [agent('node_swap_bytes', '0x30'), agent('node_swap_free_bytes', '0x30')],
    ],
    at: 20,
    says: ofNode,
  },
  EbbRefaultsHigh: {
    fires: [bytes('came_back', 6), bytes('unmapped', 10)],
    quiet: [
      [bytes('came_back', 4), bytes('unmapped', 10)],
      [bytes('came_back', 2), bytes('unmapped', 2)],
    ],
    at: 120,
    says: ofPolicy,
  },
  EbbSavesNothing: {
    fires: [bytes('freed', 0), bytes('unmapped', 5)],
    quiet: [
      [bytes('freed', 3), bytes('unmapped', 5)],
      [bytes('freed', 0), bytes('unmapped', 1)],
    ],
    at: 395,
    says: ofPolicy,
  },
  EbbStallsTargets: {
    fires: calls(90, 10),
    quiet: [calls(1000, 1)],
    at: 100,
    says: ofNode,
  },
  EbbIdentityRefusals: {
    fires: [refusals('NotInContainer', 3)],
    quiet: [[refusals('NotInContainer', 1)], [refusals('Exited', 10), refusals('ExcludedCommand', 10)]],
    at: 60,
    says: { node: 'n1', reason: 'NotInContainer' },
  },
  EbbOperatorNoLeader: {
    fires: [operator('leads', '1x10 0x20'), operator('leads', '0x30', '', 'b')],
    quiet: [
      [operator('leads', '1x10 0x20'), operator('leads', '0x11 1x20', '', 'b')],
      [operator('leads', '0x14 1x20')],
    ],
    at: 18,
    says: {},
  },
  EbbOperatorTwoLeaders: {
    fires: [operator('leads', '1x20'), operator('leads', '0x10 1x10', '', 'b')],
    quiet: [[operator('leads', '1x20'), operator('leads', '0x20', '', 'b')]],
    at: 15,
    says: {},
  },
  EbbOperatorNotSynced: {
    fires: [operator('synced', '0x30')],
    quiet: [[operator('synced', '0x4 1x30')]],
    at: 15,
    says: { instance: 'a' },
  },
  EbbOperatorWritesFail: {
    fires: [operator('write_failures_total', '0+3x60', 'code="Invalid"')],
    quiet: [
      [operator('write_failures_total', '0+3x60', 'code="Conflict"')],
      [operator('write_failures_total', '0x20 5x40', 'code="Timeout"')],
    ],
    at: 40,
    says: { code: 'Invalid' },
  },
  EbbOperatorBehind: {
    fires: [operator('backlog_nodes', '50x60')],
    quiet: [[operator('backlog_nodes', '500x10 0x2 50x40')], [operator('backlog_nodes', '3x60')]],
    at: 25,
    says: { instance: 'a' },
  },
  EbbRolloutHalted: {
    fires: [condition('Programmed', 'False', 'RolloutHalted', '0x5 1x20')],
    quiet: [[condition('Programmed', 'False', 'RollingOut', '1x25')]],
    at: 10,
    says: { reason: 'RolloutHalted' },
  },
  EbbCRDOutdated: {
    fires: [condition('Programmed', 'False', 'CRDOutdated', '1x20')],
    quiet: [
      [condition('Programmed', 'False', 'Pending', '1x20')],
      [condition('Programmed', 'False', 'CRDOutdated', '1x5 0x20')],
    ],
    at: 15,
    says: { reason: 'CRDOutdated' },
  },
  EbbPolicyIneffective: {
    fires: [condition('Effective', 'False', 'SwapForbidden', '2x60')],
    quiet: [
      [condition('Effective', 'False', 'AgentSilent', '2x60'), condition('Effective', 'False', 'SwitchStop', '2x60')],
      [condition('Effective', 'Unknown', 'NoReports', '2x60'), condition('Effective', 'True', 'Effective', '9x60')],
    ],
    at: 45,
    says: { reason: 'SwapForbidden' },
  },
  EbbPolicyInvalid: {
    fires: [condition('Accepted', 'False', 'Invalid', '1x30')],
    quiet: [[condition('Overridden', 'False', 'Invalid', '1x30'), condition('Accepted', 'True', 'Accepted', '1x30')]],
    at: 15,
    says: { reason: 'Invalid' },
  },
  EbbPodsLeftOut: {
    fires: [operator('omitted_pods', '0x5 7x30'), operator('omitted_pods', '0x40', '', 'b')],
    quiet: [[operator('omitted_pods', '7x10 0x30')]],
    at: 25,
    says: {},
  },
};
