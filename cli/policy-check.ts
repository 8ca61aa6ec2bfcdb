/**
 * `ebb policy check`: reads files of policies and limits without a cluster or any right, and prints every error at its
 * place, or what each object would do.
 */

import { stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { countText } from '../api/count.ts';
import { decodeUserObject, type UserObject } from '../api/decode-kinds.ts';
import { type FileContent, type FilePolicy, fileError, formatError, type PolicyError } from '../api/documents.ts';
import { escapeText } from '../api/escape.ts';
import { limitKind } from '../api/limit.ts';
import { clusterPolicyKind } from '../api/policy.ts';
import type { Profile } from '../api/profile.ts';
import { resolvePolicy } from '../api/resolve.ts';
import { loadFolderAs, readFileAs, selectingProfile, withoutDuplicates } from '../node-agent/standalone/load.ts';
import { clusterPolicyWords, limitWords } from './cluster-words.ts';
import { policyWords } from './policy-words.ts';

export interface PolicyReport {
  readonly valid: boolean;
  readonly errors: readonly PolicyError[];
  readonly policies: readonly {
    readonly file: string;
    readonly line: number;
    /** null: a MemoryAdviceLimit asks for nothing by itself. */
    readonly profile: Profile | null;
    readonly summary: readonly string[];
  }[];
}

export interface CheckOptions {
  readonly json?: boolean;
}

export interface Streams {
  readonly out: (text: string) => unknown;
  readonly err: (text: string) => unknown;
}

const usage = 'usage: ebb policy check [--json] FILE…';
const standard: Streams = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/** Arguments after `ebb policy check`; the exit code: 0 all good, 1 errors, 2 bad usage. */
export async function runPolicyCheck(argv: readonly string[], streams: Streams = standard): Promise<number> {
  const args = readArguments(argv);
  if (typeof args !== 'string') return await policyCheck(args.files, args, streams);
  streams.err(`ebb: ${escapeText(args, 400)}\n${usage}\n`);
  return 2;
}

export async function policyCheck(
  files: readonly string[],
  { json = false }: CheckOptions,
  streams: Streams = standard,
): Promise<number> {
  const report = await checkFiles(files);
  if (json) streams.out(`${asciiJson(report)}\n`);
  else printReport(report, streams);
  return report.valid ? 0 : 1;
}

export async function checkFiles(files: readonly string[]): Promise<PolicyReport> {
  const { policies, errors } = withoutDuplicates(await Promise.all(files.map(readOperand)));
  const read = policies.map((each) => ({ file: each.file, line: each.line, ...told(each) }));
  return { valid: errors.length === 0, errors, policies: read };
}

function told({ file, line, policy }: FilePolicy<UserObject>): { profile: Profile | null; summary: string[] } {
  if (policy.kind === limitKind) return { profile: null, summary: limitWords(policy) };
  if (policy.kind !== clusterPolicyKind) {
    const selecting = selectingProfile({ file, line, policy });
    return { profile: selecting.profile, summary: policyWords(selecting) };
  }
  const profile = resolvePolicy(policy, file);
  return { profile, summary: clusterPolicyWords(policy, profile) };
}

/** The files of a folder are those that the agent would read. */
async function readOperand(file: string): Promise<FileContent<UserObject>> {
  const about = await stat(file).catch(() => null);
  if (!about?.isDirectory()) return await readFileAs(file, decodeUserObject);
  const content = await loadFolderAs(file, decodeUserObject);
  if (content.policies.length + content.errors.length > 0) return content;
  return {
    policies: [],
    errors: [fileError(file, 'no policy', 'a folder with *.yaml or *.yml files that hold policies')],
  };
}

function printReport(report: PolicyReport, { out, err }: Streams): void {
  for (const error of report.errors) err(`${formatError(error)}\n`);
  for (const { summary } of report.policies) out(`${summary.join('\n')}\n`);
  const count = report.errors.length;
  if (report.valid) out(`${countText(report.policies.length, 'policies')}, no error\n`);
  else err(`${countText(count, 'errors')}; the agent would keep the policies it has\n`);
}

function readArguments(argv: readonly string[]): { files: string[]; json: boolean } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    return positionals.length > 0 ? { files: positionals, json: values.json } : 'no file is named';
  } catch (error) {
    return (error as Error).message;
  }
}

/** Valid JSON that no terminal can be tricked by. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[^\x20-\x7e\n]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
