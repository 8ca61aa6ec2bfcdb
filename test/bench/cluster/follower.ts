/**
 * A program of its own, so that its memory is its own: follows all pods of a cluster, as the operator does or by the informer
 * of @kubernetes/client-node, until it has them, and says in one line of JSON what that took. Needs --expose-gc.
 */
import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { connect } from '../../../kube/connect.ts';
import { ListWatch } from '../../../kube/list-watch.ts';
import { readPod } from '../../../operator/read.ts';
import { resources } from '../../../operator/resources.ts';
import { peakBytes } from './usage.ts';

export interface Followed {
  readonly pods: number;
  readonly millis: number;
  readonly cpuSeconds: number;
  /** What the pods add to the heap, after a full collection. */
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly peakBytes: number;
}

async function ours(kubeconfig: string): Promise<() => number> {
  const list = new ListWatch(await connect({ kubeconfig }), { resource: resources.pods, transform: readPod });
  void list.run(new AbortController().signal);
  await list.synced;
  return () => list.store.size;
}

async function theirs(kubeconfig: string): Promise<() => number> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const informer = makeInformer(config, '/api/v1/pods', () => api.listPodForAllNamespaces());
  await informer.start();
  return () => informer.list().length;
}

const [which, kubeconfig] = process.argv.slice(2);
const heapUsed = (): number => {
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
};
const before = heapUsed();
const started = performance.now();
const count = await (which === 'ours' ? ours : theirs)(kubeconfig!);
const millis = performance.now() - started;
const { user, system } = process.cpuUsage();
const heapBytes = heapUsed() - before;
const followed: Followed = {
  pods: count(),
  millis,
  cpuSeconds: (user + system) / 1e6,
  heapBytes,
  rssBytes: process.memoryUsage.rss(),
  peakBytes: peakBytes(process.pid),
};
console.log(JSON.stringify(followed));
process.exit(0);
