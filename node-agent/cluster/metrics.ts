/** What the agent tells of its way to the API server (docs/metrics.md), beside all else that it tells. */
import { type KubeErrorCode, kubeErrorCodes } from '../../kube/errors.ts';
import type { Metrics } from '../report/metrics.ts';

export type Watched = 'nodememoryadvices' | 'configmaps';

export class ClusterMetrics {
  readonly #writes;
  readonly #errors;

  /** `silentSeconds`: asked when the figures are read; null: nothing was ever heard. */
  constructor(metrics: Metrics, silentSeconds: () => number | null) {
    this.#writes = metrics.counter('status_writes_total', 'Reports to the object of the node, by what came of them', [
      'result',
    ]);
    this.#errors = metrics.counter('watch_errors_total', 'Failures of lists and watches', ['resource', 'code']);
    const silent = metrics.gauge('api_silent_seconds', 'Since the API server was heard last', []);
    Object.assign(silent, { collect: () => silent.set(silentSeconds() ?? 0) });
    for (const result of ['Written', ...kubeErrorCodes]) this.#writes.inc({ result }, 0);
    for (const resource of ['nodememoryadvices', 'configmaps'])
      for (const code of kubeErrorCodes) this.#errors.inc({ resource, code }, 0);
  }

  wrote(result: 'Written' | KubeErrorCode): void {
    this.#writes.inc({ result });
  }

  failed(resource: Watched, code: KubeErrorCode): void {
    this.#errors.inc({ resource, code });
  }
}
