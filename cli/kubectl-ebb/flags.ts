/** The flags that commands of the plugin have in common, named and read as kubectl's are. */
import { escapeText } from '../../api/escape.ts';
import type { Flag, Values } from '../command.ts';
import { UsageError } from '../exit.ts';
import { choice, text } from '../parse.ts';

type Flags = Readonly<Record<string, Flag>>;

export const outputs = ['table', 'wide', 'json', 'yaml'] as const;
export type Output = (typeof outputs)[number];

export const clusterFlags: Flags = {
  kubeconfig: { value: 'FILE', help: 'who asks, and where (default: $KUBECONFIG, ~/.kube/config)', completes: 'files' },
  context: { value: 'NAME', help: 'one of the kubeconfig’s (default: its current one)', completes: 'contexts' },
};

export const installationFlags: Flags = {
  ...clusterFlags,
  'ebb-namespace': {
    value: 'NAME',
    help: 'where Ebb is installed (default: where ebb-switch is)',
    completes: 'namespaces',
  },
};

export const namespaceFlag: Flags = {
  namespace: { value: 'NAME', short: 'n', help: 'of the pod (default: that of the context)', completes: 'namespaces' },
};

export const outputFlag: Flags = {
  output: { value: 'FORMAT', short: 'o', help: 'table (default), wide, json or yaml', completes: outputs },
};

export const watchFlag: Flags = {
  watch: { short: 'w', help: 'shows it again whenever it changes, until Ctrl-C' },
};

export interface Where {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** As asked for; absent: that of the context. */
  readonly namespace: string | undefined;
  /** As asked for; absent: to be found (home.ts). */
  readonly ebbNamespace: string | undefined;
}

export function whereOf(values: Values): Where {
  return {
    kubeconfig: text(values, 'kubeconfig'),
    context: text(values, 'context'),
    namespace: name(values, 'namespace'),
    ebbNamespace: name(values, 'ebb-namespace'),
  };
}

export const outputOf = (values: Values): Output => choice(values, 'output', outputs) ?? 'table';

/** A name would else become part of a path, and the server's answer a riddle. */
function name(values: Values, flag: string): string | undefined {
  const value = text(values, flag);
  if (value === undefined || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new UsageError(`--${flag} takes a name of lower-case letters, digits and "-", not ${escapeText(value)}`);
}

/** "web-0", "pod/web-0", "pods/web-0". */
export const podName = (words: readonly string[]): string => objectName(words, 'pod');
export const nodeName = (words: readonly string[]): string => objectName(words, 'node');

function objectName(words: readonly string[], kind: 'pod' | 'node'): string {
  const given = words[0] ?? '';
  const value = given.replace(new RegExp(`^${kind}s?/`), '');
  if (/^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(value)) return value;
  throw new UsageError(
    `the ${kind} is ${escapeText(given) || 'empty'}: allowed: a name of lower-case letters, digits, "-" and "."`,
  );
}
