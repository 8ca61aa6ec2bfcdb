/** A whole list in pages, so that neither side holds all of it as text. All pages are of one moment. */
import type { Connection } from './connection.ts';
import { decodePage } from './decode.ts';
import { isKubeError, KubeError } from './errors.ts';
import { pathOf, type Resource } from './resource.ts';

export interface Selection {
  readonly resource: Resource;
  /** Absent: all of them. */
  readonly namespace?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Of each object only apiVersion, kind and metadata. */
  readonly metadataOnly?: boolean | undefined;
}

export interface PagesOptions {
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Called again from the first page on when a list had to start over: what it gave before is void. */
  readonly begin: () => void;
  readonly page: (items: readonly unknown[]) => void;
}

/** A list that takes longer than etcd keeps its moment may start over this often. */
const maxStarts = 4;

/** The resourceVersion that the whole list is of. */
export async function listPages(
  connection: Pick<Connection, 'request'>,
  selection: Selection,
  options: PagesOptions,
): Promise<string> {
  for (let starts = 1; ; starts++) {
    options.begin();
    try {
      return await onePass(connection, selection, options);
    } catch (error) {
      if (!isKubeError(error, 'Gone') || starts === maxStarts) throw error;
    }
  }
}

async function onePass(
  connection: Pick<Connection, 'request'>,
  selection: Selection,
  { pageSize, signal, page }: PagesOptions,
): Promise<string> {
  let first: string | null = null;
  for (let token: string | undefined; ; ) {
    const query = { ...selectors(selection), limit: pageSize, continue: token };
    const accept = selection.metadataOnly ? asMetadata('PartialObjectMetadataList') : undefined;
    const body = await connection.request({ method: 'GET', path: pathOfAll(selection), query, accept, signal });
    const { resourceVersion, next, items } = decodePage(body);
    first ??= resourceVersion;
    // A token that no longer holds is answered with one of a later moment: gaps would look like deletions.
    if (resourceVersion !== first) throw new KubeError('Gone', 'the pages of a list are of two moments');
    page(items);
    if (next === null) return first;
    token = next;
  }
}

export const pathOfAll = ({ resource, namespace }: Selection): string => pathOf(resource, { namespace });

export const selectors = ({ fieldSelector, labelSelector }: Selection) => ({ fieldSelector, labelSelector });

export const asMetadata = (kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1`;
