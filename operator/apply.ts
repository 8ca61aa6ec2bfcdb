/**
 * Makes a node's object say what is planned for it: server-side apply of the whole spec as its only writer, or nothing where
 * it says so already. An object of a node that is no more is removed, after what it counted was folded into its policies.
 */
import { type NodeSpec, nodeAdviceKind } from '../api/node-spec.ts';
import { apiVersion } from '../api/policy.ts';
import { apply } from '../kube/apply.ts';
import { isKubeError } from '../kube/errors.ts';
import { type Requests, removeObject } from '../kube/objects.ts';
import type { KubeObject } from '../kube/resource.ts';
import { type NodeReport, readNodeReport, specHashOf } from './node-report.ts';
import { resources } from './resources.ts';

export const fieldManager = 'ebb-operator';

export type Outcome = 'Same' | 'Written' | 'Removed' | 'None';

export interface Wanted {
  readonly node: string;
  /** null: there is no such node. */
  readonly spec: NodeSpec | null;
  /** Its object as it was last seen; null: there is none. */
  readonly report: NodeReport | null;
  /** Its object as the last write left it: may be newer than what was seen. */
  readonly written: NodeReport | null;
}

export interface Writing {
  readonly connection: Requests;
  /** Before an object goes: its totals must not be lost. */
  readonly fold: (report: NodeReport) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface Done {
  readonly outcome: Outcome;
  /** As the server has it now; null where nothing was written. */
  readonly written: NodeReport | null;
}

export async function settle(wanted: Wanted, writing: Writing): Promise<Done> {
  const { node, spec, report } = wanted;
  const foreign = report !== null && report.nodeUID !== (spec?.nodeUID ?? null);
  if (foreign) await remove(report, writing);
  if (spec === null) return { outcome: foreign ? 'Removed' : 'None', written: null };
  if (!foreign && saysSo(newest(wanted), spec)) return { outcome: 'Same', written: null };
  return { outcome: 'Written', written: readNodeReport(await write(node, spec, writing)) };
}

/** What was written may not have been seen yet; what was seen may have been changed by another since. */
export function newest({ report, written }: Pick<Wanted, 'report' | 'written'>): NodeReport | null {
  if (written === null || report === null) return report ?? written;
  return written.uid === report.uid && written.generation > report.generation ? written : report;
}

export function saysSo(report: NodeReport | null, spec: NodeSpec): boolean {
  return report !== null && report.ownedBy === spec.nodeUID && report.specHash === plannedHash(spec);
}

/** A planned spec is compared with every event of its object. */
const plannedHashes = new WeakMap<NodeSpec, string>();

function plannedHash(spec: NodeSpec): string {
  const known = plannedHashes.get(spec);
  if (known !== undefined) return known;
  const hash = specHashOf(spec);
  plannedHashes.set(spec, hash);
  return hash;
}

/** The object of another node, whether of this name or of none: its uid goes along, so that no successor is hit. */
async function remove(report: NodeReport, { connection, fold, signal }: Writing): Promise<void> {
  await fold(report);
  try {
    await removeObject(connection, resources.nodeAdvices, { name: report.node, uid: report.uid }, { signal });
  } catch (error) {
    if (!isKubeError(error, 'NotFound', 'Conflict')) throw error; // gone already
  }
}

async function write(node: string, spec: NodeSpec, { connection, signal }: Writing): Promise<KubeObject> {
  const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid: spec.nodeUID };
  const object = { apiVersion, kind: nodeAdviceKind, metadata: { name: node, ownerReferences: [owner] }, spec };
  // Whoever wrote into the spec meanwhile had no business there: the plan is what holds.
  return await apply(connection, resources.nodeAdvices, object, { fieldManager, force: true, signal });
}
