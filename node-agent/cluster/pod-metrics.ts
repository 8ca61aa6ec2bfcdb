/**
 * Series of single pods, for whoever asks for them (--pod-metrics): of the pods with the most memory out, at most so many.
 * They are made anew at each tick and go with their pod. Names of pods are not secret, but numerous: by default there are none.
 */
import type Gauge from 'prom-client/lib/gauge.js';
import type { Exposition } from '../../kube/exposition.ts';
import type { Ledger } from '../report/ledger.ts';
import type { InPod } from '../source.ts';

/** What is read of a tracked container. */
export interface OfPod {
  readonly pod: Pick<InPod, 'podUID' | 'podName' | 'namespace'> | null;
  readonly input: { readonly anonBytes: number; readonly swapBytes: number } | null;
  readonly ledger: Pick<Ledger, 'outBytes'>;
}

type Figure = 'anonBytes' | 'swapBytes' | 'outBytes';

interface PodSums {
  readonly pod_namespace: string;
  readonly pod_name: string;
  readonly anonBytes: number;
  readonly swapBytes: number;
  readonly outBytes: number;
}

// Prometheus puts `namespace` and `pod` of the agent itself on every series it scrapes.
const labels = ['pod_namespace', 'pod_name'];

export class PodMetrics {
  readonly #most: number;
  readonly #gauges: readonly (readonly [Figure, Gauge])[];

  constructor(metrics: Exposition, most: number) {
    this.#most = most;
    this.#gauges = [
      ['anonBytes', metrics.gauge('pod_anonymous_bytes', 'Resident anonymous memory of one pod.', labels)],
      ['swapBytes', metrics.gauge('pod_swapped_bytes', 'What one pod has in swap, whoever put it there.', labels)],
      ['outBytes', metrics.gauge('pod_out_bytes', 'Bytes of one pod that were freed and are still out.', labels)],
    ];
  }

  show(all: Iterable<OfPod>): void {
    for (const [, gauge] of this.#gauges) gauge.reset();
    const shown = podSums(all).sort(byMemoryOut).slice(0, this.#most);
    for (const { pod_namespace, pod_name, ...sums } of shown)
      for (const [what, gauge] of this.#gauges) gauge.set({ pod_namespace, pod_name }, sums[what]);
  }
}

const byMemoryOut = (a: PodSums, b: PodSums): number =>
  b.outBytes - a.outBytes || b.swapBytes - a.swapBytes || b.anonBytes - a.anonBytes;

function podSums(all: Iterable<OfPod>): PodSums[] {
  const ofPods = [...all].flatMap(({ pod, input, ledger }) => (pod && input ? [{ pod, ...input, ...ledger }] : []));
  return [...Map.groupBy(ofPods, ({ pod }) => pod.podUID).values()].map((own) => {
    const sum = (what: Figure): number => own.reduce((bytes, one) => bytes + one[what], 0);
    const { namespace, podName } = own[0]!.pod;
    return {
      ...{ pod_namespace: namespace, pod_name: podName },
      ...{ anonBytes: sum('anonBytes'), swapBytes: sum('swapBytes'), outBytes: sum('outBytes') },
    };
  });
}
