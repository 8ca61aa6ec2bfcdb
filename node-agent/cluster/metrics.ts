/** What the agent tells of its way to the API server (docs/metrics.md), beside all else that it tells. */
import { type KubeErrorCode, kubeErrorCodes } from '../../kube/errors.ts';
import type { Exposition } from '../../kube/exposition.ts';

export type Watched = 'nodememoryadvices' | 'configmaps';

export class ClusterMetrics {
  readonly #writes;
  readonly #failures;

  /** `silentSeconds`: asked when the figures are read; null: nothing was ever heard. */
  constructor(metrics: Exposition, silentSeconds: () => number | null) {
    this.#writes = metrics.counter(
      'status_writes_total',
      'Reports to the object of the node, by what came of them: Written, or why they failed.',
      ['result'],
    );
    this.#failures = metrics.counter('watch_failures_total', 'Failed lists and watches of the API server, by why.', [
      'resource',
      'code',
    ]);
    metrics.collected(
      'api_silent_seconds',
      'Since when nothing was heard of the API server; a quiet watch has a word from it each minute.',
      () => silentSeconds() ?? 0,
    );
    for (const result of ['Written', ...kubeErrorCodes]) this.#writes.inc({ result }, 0);
    for (const resource of ['nodememoryadvices', 'configmaps'])
      for (const code of kubeErrorCodes) this.#failures.inc({ resource, code }, 0);
  }

  wrote(result: 'Written' | KubeErrorCode): void {
    this.#writes.inc({ result });
  }

  failed(resource: Watched, code: KubeErrorCode): void {
    this.#failures.inc({ resource, code });
  }
}
