/** `ebb operator`: its flags and help. */
import type { Command } from '../command.ts';

export const operator: Command = {
  name: 'operator',
  summary: 'run the operator of a cluster',
  usage: ['[flags]', '--check SECONDS [--kubeconfig FILE] [--namespace NAME]'],
  about: [
    'Watches policies, limits, pods, namespaces and nodes, and keeps one NodeMemoryAdvice object for each node as they ' +
      'say; the agents report there, and the statuses of the policies are made from that.',
    'Of several replicas one leads; the others watch and take over when it is gone. Needs the kinds of crds/ in the ' +
      'cluster, and waits for them.',
  ],
  flags: {
    kubeconfig: {
      value: 'FILE',
      help: 'who asks, and where (default: $KUBECONFIG, the pod it runs in, ~/.kube/config)',
    },
    namespace: { value: 'NAME', help: 'Ebb’s own, where its Lease is (default ebb-system)' },
    metrics: {
      value: 'ADDRESS',
      help: 'HOST:PORT of /metrics, /healthz and /readyz (default 127.0.0.1:9467), or none',
    },
    'writes-per-second': { value: 'COUNT', help: 'objects of nodes written in a second at most (default 300)' },
    'status-period': { value: 'SECONDS', help: 'how often statuses of policies are made, 1 to 300 (default 5)' },
    'agent-node-selector': {
      value: 'LABELS',
      help: 'key=value,…: of the nodes that agents run on; the others get no object (default: all nodes)',
    },
    'no-default-policy': { help: 'does not make the cluster policy ebb-default (DryRun) in a new cluster' },
    check: {
      value: 'SECONDS',
      help: 'runs nothing: says whether an operator leads and the agents of all nodes report, and waits so long for it, 0 to 600',
    },
    'log-level': { value: 'LEVEL', help: 'fatal, error, warn, info (default), debug or trace' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    { command: 'ebb operator --kubeconfig ~/.kube/config', says: 'after kubectl apply -f crds/, from anywhere' },
  ],
  exits: { 0: 'ended by a signal, as asked; with --check: it works' },
  load: async () => (await import('./run.ts')).run,
};
