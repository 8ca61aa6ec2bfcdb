/**
 * One watch, from a resourceVersion until it ends. Resolves when the server closed it, as it does after the seconds asked
 * for; rejects with a KubeError for all else. Who forwards nothing any more is noticed by our own clock.
 */
import type { Connection } from './connection.ts';
import { Deadline } from './deadline.ts';
import { decodeEvent, type WatchEvent } from './decode.ts';
import { jsonLines } from './lines.ts';
import { asMetadata, pathOfAll, type Selection, selectors } from './pages.ts';

export interface WatchOptions {
  readonly resourceVersion: string;
  /** Asked of the server. */
  readonly timeoutSeconds: number;
  /** More than that, and the connection is silent: the server would have closed it. */
  readonly graceMillis: number;
  readonly signal: AbortSignal;
  readonly maxLineBytes?: number | undefined;
  /** The server took the watch. */
  readonly opened: () => void;
  readonly event: (event: WatchEvent) => void;
}

export async function watch(
  connection: Pick<Connection, 'open'>,
  selection: Selection,
  options: WatchOptions,
): Promise<void> {
  const path = pathOfAll(selection);
  using deadline = new Deadline(
    `watch of ${path}`,
    options.timeoutSeconds * 1000 + options.graceMillis,
    options.signal,
  );
  const accept = selection.metadataOnly ? asMetadata('PartialObjectMetadata') : undefined;
  const chunks = await connection.open({
    method: 'GET',
    path,
    query: {
      ...selectors(selection),
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
    },
    accept,
    signal: deadline.signal,
  });
  options.opened();
  for await (const line of jsonLines(chunks, options.maxLineBytes)) options.event(decodeEvent(line));
}
