/**
 * The spec of a node's object as its agent reads it: unknown data in; out come the profiles it can follow, and those it
 * refuses, each with the field, its value and what is allowed. Nothing of a refused profile is used.
 */
import * as z from 'zod';
import { decodeBy, type FieldFinding, finding, valueAt, windowFindings } from './decode.ts';
import { list, record } from './fields.ts';
import { type NodeProfile, nodeProfile } from './node-profile.ts';
import { type NodeSpec, specFields } from './node-spec.ts';
import type { Profile } from './profile.ts';
import type { WindowMeaning } from './schedule.ts';

export interface RefusedProfile {
  /** "" where not even that can be read. */
  readonly name: string;
  /** UIDs of its sources, as far as they can be read: their policies are told. */
  readonly sources: readonly string[];
  readonly findings: readonly FieldFinding[];
}

export interface DecodedNodeSpec {
  readonly nodeUID: string;
  readonly limits: NodeSpec['limits'];
  readonly pods: NodeSpec['pods'];
  readonly omittedPods: number;
  readonly profiles: readonly { readonly profile: Profile; readonly sources: NodeProfile['sources'] }[];
  readonly refused: readonly RefusedProfile[];
}

export type DecodedProfile =
  | { readonly profile: Profile; readonly sources: NodeProfile['sources'] }
  | { readonly findings: readonly FieldFinding[] };

/** Any unknown field or word refuses the profile whole (reason Unsupported). */
export function decodeProfile(value: unknown, meaning: WindowMeaning): DecodedProfile {
  const decoded = decodeBy(nodeProfile, value, ({ windows }) => windowFindings(windows, [], meaning));
  if ('findings' in decoded) return decoded;
  return { profile: profileOf(decoded.policy), sources: decoded.policy.sources };
}

const outer = record({ profiles: list(z.unknown(), 0, 64, 'profiles'), ...specFields });

/**
 * Findings mean that nothing of it can be followed: the agent keeps what it had. `pauseReasons` is readable even then,
 * since a pause must never wait for an upgrade; null: not paused.
 */
export function decodeNodeSpec(
  value: unknown,
  meaning: WindowMeaning,
): (DecodedNodeSpec | { readonly findings: readonly FieldFinding[] }) & {
  readonly pauseReasons: readonly string[] | null;
} {
  const pauseReasons = pauseReasonsOf(value);
  const decoded = decodeBy(outer, value, unknownProfiles);
  if ('findings' in decoded) return { findings: decoded.findings, pauseReasons };
  const { nodeUID, limits, pods, omittedPods = 0, profiles } = decoded.policy;
  const read = profiles.map((each) => ({ each, result: decodeProfile(each, meaning) }));
  return {
    nodeUID,
    limits,
    pods,
    omittedPods,
    pauseReasons,
    profiles: read.flatMap(({ result }) => ('profile' in result ? [result] : [])),
    refused: read.flatMap(({ each, result }) => ('findings' in result ? [refused(each, result.findings)] : [])),
  };
}

type Outer = z.infer<typeof outer>;

/** A pod that follows a profile which is not there is a fault of the writer. */
function unknownProfiles({ profiles, pods }: Outer): FieldFinding[] {
  const names = new Set(profiles.map(nameOf));
  return pods.flatMap(({ profile }, index) =>
    names.has(profile) ? [] : [finding(['pods', index, 'profile'], profile, 'the name of one of profiles')],
  );
}

function pauseReasonsOf(value: unknown): readonly string[] | null {
  const paused = valueAt(value, ['paused']);
  if (paused === undefined || paused === null) return null;
  const reasons = valueAt(paused, ['reasons']);
  const texts = Array.isArray(reasons) ? reasons.filter((each) => typeof each === 'string') : [];
  return texts.length > 0 ? texts.slice(0, 8) : ['Paused'];
}

function refused(value: unknown, findings: readonly FieldFinding[]): RefusedProfile {
  const sources = valueAt(value, ['sources']);
  const uids = (Array.isArray(sources) ? sources : []).map((source) => valueAt(source, ['uid']));
  return { name: nameOf(value), sources: uids.filter((each) => typeof each === 'string'), findings };
}

function nameOf(value: unknown): string {
  const name = valueAt(value, ['name']);
  return typeof name === 'string' ? name : '';
}

/** Who comes first was settled by the operator, so the priority says nothing here. */
function profileOf(profile: NodeProfile): Profile {
  const { sources, idle, guards, ...same } = profile;
  const { kind = '', namespace = null, name = '' } = sources[0] ?? {};
  const { swap, ...otherGuards } = guards;
  return {
    ...same,
    source: { kind, namespace, name, file: null },
    priority: 0,
    idle: {
      ...idle,
      maxNetworkBytesPerSecond: idle.maxNetworkBytesPerSecond ?? null,
      maxIOBytesPerSecond: idle.maxIOBytesPerSecond ?? null,
    },
    guards: { ...otherGuards, swapMinFreePercent: swap.minFreePercent },
  };
}
