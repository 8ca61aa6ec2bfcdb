/**
 * `kubectl-ebb __complete …`: what the scripts of completion and kubectl itself ask. Answers as cobra does: a word a line with
 * what it means behind a tab, then the directive. Whatever fails offers nothing: a shell has no place for an error.
 */
import { connectPerson, contextsOf } from '../../../kube/connect.ts';
import { listPages } from '../../../kube/pages.ts';
import type { Resource } from '../../../kube/resource.ts';
import { resources } from '../../../operator/resources.ts';
import type { Command, Completes } from '../../command.ts';
import { print } from '../../output.ts';
import { flagValue, offer, type Word } from './offer.ts';

/** Of cobra: nothing but these words; files as the shell finds them. */
const noFiles = ':4';
const files = ':0';
const timeoutMillis = 3000;
const pageSize = 500;

export async function complete(commands: readonly Command[], typed: readonly string[]): Promise<void> {
  const answer = offer(commands, typed);
  const found = 'words' in answer ? answer.words : await named(answer.names, typed).catch(() => []);
  const last = typed.at(-1) ?? '';
  const lines = found
    .filter(({ word }) => word.startsWith(last) && /^[\x21-\x7e]+$/.test(word))
    .map(({ word, says }) => (says === '' ? word : `${word}\t${says}`));
  print([...lines, 'names' in answer && answer.names === 'files' ? files : noFiles].join('\n'));
}

async function named(what: Exclude<Completes, readonly string[]>, typed: readonly string[]): Promise<Word[]> {
  const kubeconfig = flagValue(typed, 'kubeconfig');
  const context = flagValue(typed, 'context');
  if (what === 'files') return [];
  if (what === 'contexts') return (await contextsOf(kubeconfig)).map(plain);
  const { connection, namespace } = await connectPerson({ kubeconfig, context, timeoutMillis });
  using _ended = connection;
  const names = new Set<string>();
  const selection = {
    resource: resources[what] as Resource,
    namespace: what === 'pods' ? (flagValue(typed, 'namespace', 'n') ?? namespace) : undefined,
    metadataOnly: true,
  };
  await listPages(connection, selection, {
    pageSize,
    signal: AbortSignal.timeout(timeoutMillis),
    begin: () => names.clear(),
    page: (items) => {
      for (const item of items as { metadata: { name: string } }[]) names.add(item.metadata.name);
    },
  });
  return [...names].sort().map(plain);
}

const plain = (word: string): Word => ({ word, says: '' });
