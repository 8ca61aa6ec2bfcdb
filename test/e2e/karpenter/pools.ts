/** What Karpenter is asked for: pools of one instance type, each with a Deployment whose pods only its nodes may take. */

/** Takes two pods of `halfNode`, the agent and the operator. */
export const instanceTypes = [
  {
    name: 's-4x-amd64-linux',
    architecture: 'amd64',
    operatingSystems: ['linux'],
    resources: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '20Gi' },
    offerings: [
      {
        Price: 0.1,
        Available: true,
        Requirements: [
          { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
          { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['test-zone-a'] },
        ],
      },
    ],
  },
];

export interface Pool {
  readonly name: string;
  readonly replicas: number;
  /** `0s` or `Never`. */
  readonly consolidateAfter: string;
}

export const nodeClass = {
  apiVersion: 'karpenter.kwok.sh/v1alpha1',
  kind: 'KWOKNodeClass',
  metadata: { name: 'default' },
};

export const nodePool = ({ name, consolidateAfter }: Pool) => ({
  apiVersion: 'karpenter.sh/v1',
  kind: 'NodePool',
  metadata: { name },
  spec: {
    template: {
      metadata: { labels: { release: 'first' } },
      spec: {
        requirements: [{ key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] }],
        nodeClassRef: { group: 'karpenter.kwok.sh', kind: 'KWOKNodeClass', name: 'default' },
        expireAfter: 'Never',
      },
    },
    disruption: {
      consolidationPolicy: 'WhenEmptyOrUnderutilized',
      consolidateAfter,
      budgets: [{ nodes: '100%' }],
    },
  },
});

const halfNode = { cpu: '1800m', memory: '256Mi' };

export const workload = ({ name, replicas }: Pool) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        nodeSelector: { 'karpenter.sh/nodepool': name },
        containers: [{ name: 'app', image: 'none.test/app', resources: { requests: halfNode } }],
      },
    },
  },
});
