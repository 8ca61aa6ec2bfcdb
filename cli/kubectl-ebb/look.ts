/** Runs what a command shows: once, or with --watch again whenever what it read has changed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeText } from '../../api/escape.ts';
import { connectPerson } from '../../kube/connect.ts';
import packageJson from '../../package.json' with { type: 'json' };
import type { Values } from '../command.ts';
import { type ExitCode, exit } from '../exit.ts';
import { note, print } from '../output.ts';
import type { TableLook } from '../table.ts';
import { outputOf, type Where, whereOf } from './flags.ts';
import { rendered } from './print.ts';
import { Reader } from './reader.ts';

export interface Session {
  readonly reader: Reader;
  /** As asked for, else that of the context. */
  readonly namespace: string;
  /** null: in a pod. */
  readonly context: string | null;
  readonly where: Where;
}

/** `show`: of the same view, for people. */
export interface Shown {
  readonly view: unknown;
  readonly show: (look: TableLook, wide: boolean) => string;
}

export async function connected(values: Values, follow = false): Promise<Session> {
  const where = whereOf(values);
  const userAgent = `kubectl-ebb/${packageJson.version}`;
  const { connection, namespace, context } = await connectPerson({ ...where, userAgent });
  return { reader: new Reader(connection, follow), namespace: where.namespace ?? namespace, context, where };
}

/** Agents report transitions within 10 s; several that come together are one change here. */
const settleMillis = 1000;
/** Times are shown too, and what is not followed is read again. */
const againMillis = 5000;

export async function look(values: Values, read: (session: Session) => Promise<Shown>): Promise<ExitCode> {
  const follow = values['watch'] === true;
  const output = outputOf(values);
  const session = await connected(values, follow);
  using reader = session.reader;
  let last = '';
  let told: string | null = null;
  for (;;) {
    reader.seen();
    const { view, show } = await read(session);
    const text = rendered(output, view, show);
    const isNew = text !== last;
    if (isNew) print(last === '' ? text : `${separator(output)}${text}`);
    last = text;
    if (!follow) return exit.done;
    const trouble = reader.trouble?.message ?? null;
    // A terminal was cleared for what is new, so there it is said again.
    if (trouble !== null && (trouble !== told || (isNew && process.stdout.isTTY)))
      note(`not current: ${escapeText(trouble, 300)}`);
    told = trouble;
    await sleep(settleMillis);
    await Promise.race([reader.changed, sleep(againMillis)]);
  }
}

/** A terminal shows the newest alone; a pipe gets one after the other. */
function separator(output: string): string {
  if (output === 'json') return '';
  if (output === 'yaml') return '---\n';
  return process.stdout.isTTY ? '\x1b[H\x1b[2J\x1b[3J' : '\n';
}
