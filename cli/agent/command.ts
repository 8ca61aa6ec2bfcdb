/** `ebb agent`: its flags and help. */
import type { Command } from '../command.ts';

export const agent: Command = {
  name: 'agent',
  summary: 'run the agent of this node',
  usage: ['[flags]', '--standalone --policies DIR [flags]'],
  about: [
    'Finds the containers of this host, learns which are idle, and gives advice as the policies say: first Cold, ' +
      'later PageOut, and WillNeed when the container wakes. A policy acts only where it says mode: Enforce.',
    "In a cluster it follows the NodeMemoryAdvice of its node and reports in its status. A spec that it can't read " +
      'leaves the last good one in force; without a word from the API server for --stale-spec-seconds it only ' +
      'observes; without an object it does nothing. ConfigMap ebb-switch in its namespace (data.state: Run, Observe, ' +
      'Stop or Restore) is obeyed at once, with no operator alive.',
    'With --standalone the policies are the files in DIR, read again when they change; while one of them is bad, the ' +
      'last good set stays in force.',
    'The rights to advise are held by a small program, ebb-worker, that the agent starts, or that runs already ' +
      '(--worker-socket); the agent itself drops to --user. SIGTERM ends it between two chunks, within 2 s.',
  ],
  flags: {
    standalone: { help: 'without a cluster: policies come from files' },
    policies: { value: 'DIR', help: 'with --standalone: folder of MemoryAdvicePolicy files, *.yaml' },
    'node-name': { value: 'NAME', help: 'the node of this agent (default: $EBB_NODE_NAME, else what its token says)' },
    'node-uid': { value: 'UID', help: 'the UID of that Node (default: what its token says)' },
    namespace: {
      value: 'NAME',
      help: 'where ebb-switch is (default: $EBB_NAMESPACE, else of its pod, else ebb-system)',
    },
    kubeconfig: { value: 'PATH', help: 'how to reach the API server (default: as the pod that it runs in)' },
    'stale-spec-seconds': {
      value: 'SECONDS',
      help: 'so long without a word from the API server it acts on the last spec, 60 to 86400 (default 600)',
    },
    'pod-metrics': {
      value: 'COUNT',
      help: 'series of their own in /metrics for so many pods at most, those with the most memory out, 0 to 1000 (default 0)',
    },
    period: { value: 'SECONDS', help: 'how often containers are looked at, 0.1 to 300 (default 10)' },
    'wake-period': {
      value: 'MILLIS',
      help: 'how often paged-out containers are looked at, 50 to 10000 (default 1000)',
    },
    metrics: {
      value: 'ADDRESS',
      help: 'HOST:PORT of /metrics and /healthz (default 127.0.0.1:9466), or none; a HOST that is not loopback opens them to the network',
    },
    socket: { value: 'PATH', help: 'where ebb why and ebb ps ask (default /run/ebb/agent.sock)' },
    lock: { value: 'PATH', help: 'held so that two agents never act on one host (default /run/ebb/agent.lock)' },
    'worker-socket': {
      value: 'PATH',
      help: 'the socket of an ebb-worker that runs already (default: the agent starts its own, and needs root for it)',
    },
    'state-dir': { value: 'DIR', help: 'where what was learned survives a restart (default: it does not)' },
    user: { value: 'UID', help: 'user and group the agent gives itself once the worker runs (default 60932)' },
    'cgroup-root': { value: 'PATH', help: 'look only at containers below this cgroup' },
    'allow-reclaim': { help: 'on a swap file or disk: may have a cgroup reclaim what waits in the swap cache' },
    'no-hot-ranges': {
      help: "the worker may not read page maps of other users' processes; hot ranges are not learned",
    },
    'log-level': { value: 'LEVEL', help: 'fatal, error, warn, info (default), debug or trace' },
  },
  positionals: { min: 0, max: 0 },
  examples: [
    { command: 'ebb policy check policies/*.yaml', says: 'first see that the policies are good' },
    { command: 'sudo ebb agent --standalone --policies policies', says: 'then run; ebb why says what it does' },
    {
      command: 'sudo ebb agent --kubeconfig admin.conf --node-name n1 --node-uid 4b…',
      says: 'outside a pod; --user must be able to read the file',
    },
  ],
  exits: { 0: 'ended by a signal, as asked', 3: 'refused for safety: another agent runs, or a wrong PID namespace' },
  load: async () => (await import('./run.ts')).run,
};
