/**
 * Which spec the agent follows, and what holds it back: the last good spec of the object that is there now, if it is for
 * this node. Pure.
 */
import type { FieldFinding } from '../../api/decode.ts';
import type { DecodedNodeSpec } from '../../api/decode-node.ts';
import { type Reason, reasons } from '../../api/reasons.ts';
import { noOrders, type Orders } from '../source.ts';
import type { NodeObject } from './object.ts';
import { switchOrders } from './switch.ts';

export interface Following {
  /** The object's own; null: there is none. */
  readonly uid: string | null;
  /** null: nothing is followed. */
  readonly spec: DecodedNodeSpec | null;
  /** Of the spec that is followed. */
  readonly generation: number | null;
  readonly pauseReasons: readonly string[] | null;
  /** What is wrong with the newest spec; null: it is followed. */
  readonly trouble: Trouble | null;
}

export interface Trouble {
  readonly reason: Reason;
  readonly message: string;
}

const noSpec: Trouble = { reason: 'NoSpec', message: 'the node has no NodeMemoryAdvice' };
export const nobody: Following = { uid: null, spec: null, generation: null, pauseReasons: null, trouble: noSpec };

/** `object`: as it is now; undefined: it is not there. */
export function follow(before: Following, object: NodeObject | undefined, nodeUID: string): Following {
  if (object === undefined) return nobody;
  const { uid, generation, decoded } = object;
  const { pauseReasons } = decoded;
  if ('findings' in decoded) {
    const kept = before.uid === uid ? before : nobody;
    const trouble: Trouble = { reason: 'MalformedSpec', message: findingsText(decoded.findings) };
    // A pause is part of the last good spec, too: what can't be read ends none.
    return { ...kept, uid, pauseReasons: pauseReasons ?? kept.pauseReasons, trouble };
  }
  if (decoded.nodeUID !== nodeUID) {
    const message = `the spec is for the Node with UID ${decoded.nodeUID}, and this one has ${nodeUID}`;
    return { ...nobody, uid, pauseReasons, trouble: { reason: 'WrongNode', message } };
  }
  return { uid, spec: decoded, generation, pauseReasons, trouble: null };
}

const shownFindings = 5;

/** Field, value, what is allowed; the first few. */
export function findingsText(findings: readonly FieldFinding[]): string {
  const shown = findings
    .slice(0, shownFindings)
    .map(({ field, value, allowed }) => `${field}: ${value} is not ${allowed}`);
  const more = findings.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('; ').slice(0, 1000);
}

export interface Situation {
  readonly following: Following;
  /** What ebb-switch says; null: never read. */
  readonly switchText: string | null;
  /** How long nothing was heard of the API server; null: never anything. */
  readonly silentMillis: number | null;
  readonly staleMillis: number;
}

/** Together with what the switch says, whatever is most cautious. */
export function ordersOf({ following, switchText, silentMillis, staleMillis }: Situation): Orders {
  const { spec, trouble, pauseReasons } = following;
  if (spec === null) return { ...noOrders, stop: trouble?.reason ?? 'NoSpec' };
  const asked = switchOrders(switchText);
  const stale = silentMillis !== null && silentMillis > staleMillis;
  return {
    ...asked,
    observe: stale ? 'SpecStale' : asked.observe,
    paused: pauseReasons === null ? null : pausedBy(pauseReasons),
  };
}

/** A newer operator may know more reasons than this agent. */
function pausedBy(texts: readonly string[]): Reason {
  return texts.find((text): text is Reason => Object.hasOwn(reasons, text)) ?? 'Paused';
}
