/** What the served CRD could not carry, told to the policies that it was for (reason CRDOutdated). carry.ts fills it. */
import { escapeText, showPath, showValue } from '../api/escape.ts';
import { schemaRevision } from '../api/kinds.ts';
import type { NodeProfile } from '../api/node-profile.ts';
import type { ServedCRD } from './crd-revision.ts';
import type { Fault } from './served-schema.ts';

export interface LeftOut {
  readonly policy: NodeProfile['sources'][number];
  /** Omitted: the node hears nothing of it for these pods. DryRun: it hears of it, and does not act. */
  readonly effect: 'Omitted' | 'DryRun';
  readonly pods: number;
  /** Names the field. */
  readonly message: string;
}

export class LeftOuts {
  readonly #policies: ReadonlyMap<string, LeftOut['policy']>;
  readonly #crd: ServedCRD;
  readonly #all = new Map<string, LeftOut>();

  constructor(profiles: readonly NodeProfile[], crd: ServedCRD) {
    this.#policies = new Map(profiles.map(({ name, sources }) => [name, sources[0]!]));
    this.#crd = crd;
  }

  get all(): LeftOut[] {
    return [...this.#all.values()];
  }

  /** One pod more; the first field met is the one that is named. */
  add(profile: string, effect: LeftOut['effect'], fault: Fault): void {
    const policy = this.#policies.get(profile)!;
    const key = `${policy.uid} ${effect}`;
    const before = this.#all.get(key) ?? { policy, effect, pods: 0, message: faultText(fault, this.#crd) };
    this.#all.set(key, { ...before, pods: before.pods + 1 });
  }
}

export function faultText({ path, value, allowed }: Fault, { name, revision }: ServedCRD): string {
  const field = showPath(['spec', ...path]).replaceAll('["*"]', '[]');
  const found = value === undefined ? '' : `, not ${showValue(value)}`;
  const wrong = allowed === null ? `does not know ${field}` : `takes ${field} ${escapeText(allowed, 200)}${found}`;
  const has = revision === null ? 'no schema revision' : `schema revision ${revision}`;
  return `${name} ${wrong}; it has ${has}, this operator ${schemaRevision}`;
}
