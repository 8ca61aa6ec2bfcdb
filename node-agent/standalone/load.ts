/**
 * Reads every policy file of a folder: all of it good, or errors and nothing. Also tells, cheaply, whether the folder
 * changed since. Gives to policies.ts; `ebb policy check` reads single files through it.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePolicy } from '../../api/decode.ts';
import {
  type DecodePolicy,
  type FileContent,
  type FilePolicy,
  fileError,
  maxFileBytes,
  type PolicyError,
  readDocuments,
} from '../../api/documents.ts';
import { escapeText } from '../../api/escape.ts';
import { namespaceOf, policyName, resolvePolicy } from '../../api/resolve.ts';
import { windowMeaning } from '../../api/schedule.ts';
import { type SelectingProfile, selectionOf } from './match.ts';

export const maxFiles = 1000;

/** *.yaml and *.yml, sorted; hidden names are not read: editors' files, and ..data of a mounted ConfigMap. */
export async function policyFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  const wanted = names.filter((name) => !name.startsWith('.') && /\.ya?ml$/.test(name));
  if (wanted.length > maxFiles) throw new Error(`more than ${maxFiles} policy files`);
  return wanted.toSorted().map((name) => join(directory, name));
}

/** What changes when any of the files does: a replaced symlink, a rewritten file, one more or fewer. */
export async function folderSignature(directory: string): Promise<string> {
  try {
    return (await Promise.all((await policyFiles(directory)).map(fileSignature))).join('\n');
  } catch (error) {
    return `unreadable ${errorCode(error)}`;
  }
}

export async function loadFolder(directory: string): Promise<FileContent> {
  return await loadFolderAs(directory, decodePolicy);
}

export async function loadFolderAs<T extends Named>(
  directory: string,
  decode: DecodePolicy<T>,
): Promise<FileContent<T>> {
  try {
    // One after the other: a thousand files at once would cost a gigabyte.
    const contents: FileContent<T>[] = [];
    for (const file of await policyFiles(directory)) contents.push(await readFileAs(file, decode));
    return withoutDuplicates(contents);
  } catch (error) {
    return { policies: [], errors: [fileError(directory, errorCode(error), 'a folder that can be read')] };
  }
}

/** What `decode` makes of each document of one file. */
export async function readFileAs<T>(file: string, decode: DecodePolicy<T>): Promise<FileContent<T>> {
  try {
    const read = await readBounded(file);
    if ('text' in read) return readDocuments(read.text, file, windowMeaning, decode);
    return { policies: [], errors: [fileError(file, read.problem, `a regular file of at most ${maxFileBytes} bytes`)] };
  } catch (error) {
    return { policies: [], errors: [fileError(file, errorCode(error), 'a file that can be read')] };
  }
}

/** What a decoded object is told apart by. */
export interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

/** Two policies of one kind, namespace and name would hide each other: the second is an error and is left out. */
export function withoutDuplicates<T extends Named>(contents: readonly FileContent<T>[]): FileContent<T> {
  const policies = contents.flatMap((each) => each.policies);
  const errors = contents.flatMap((each) => each.errors);
  const first = new Map<string, FilePolicy<T>>();
  for (const each of policies) {
    const key = `${each.policy.kind} ${nameOf(each.policy)}`;
    const before = first.get(key);
    if (before) errors.push(duplicateError(each, nameOf(each.policy), before));
    else first.set(key, each);
  }
  return { policies: [...first.values()], errors };
}

export function selectingProfile({ policy, file }: FilePolicy): SelectingProfile {
  return { profile: resolvePolicy(policy, file), selects: selectionOf(policy) };
}

type Place = Pick<FilePolicy, 'file' | 'line'>;

function nameOf(policy: Named): string {
  return policyName(namespaceOf(policy), policy.metadata.name);
}

function duplicateError({ file, line }: Place, name: string, before: Place): PolicyError {
  const allowed = `a name that no other policy has; ${escapeText(before.file, 4096)}:${before.line} has it`;
  return { file, line, column: 1, field: 'metadata.name', value: JSON.stringify(name), allowed };
}

/** Asked for its kind before it is opened: opening a FIFO would wait for a writer. */
async function readBounded(file: string): Promise<{ readonly text: string } | { readonly problem: string }> {
  const about = await stat(file);
  if (!about.isFile()) return { problem: 'no regular file' };
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxFileBytes + 1), 0, maxFileBytes + 1, 0);
    return bytesRead > maxFileBytes ? { problem: 'too large' } : { text: buffer.toString('utf8', 0, bytesRead) };
  } finally {
    await handle.close();
  }
}

async function fileSignature(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return `${file} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${file} ${errorCode(error)}`;
  }
}

function errorCode(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return escapeText(code ?? message);
}
