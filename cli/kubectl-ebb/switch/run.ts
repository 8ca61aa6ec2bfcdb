/** Sets the switch of all agents, asking first where it ends something, and waits for them where that is wanted. */
import { createInterface } from 'node:readline/promises';
import { escapeText } from '../../../api/escape.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { patchObject } from '../../../kube/objects.ts';
import type { KubeObject, Place } from '../../../kube/resource.ts';
import { type SwitchState, switchText } from '../../../node-agent/cluster/switch.ts';
import type { Run, Values } from '../../command.ts';
import { exit, Failed } from '../../exit.ts';
import { integer } from '../../parse.ts';
import { type Output, outputOf } from '../flags.ts';
import { ebbNamespace, noSwitch } from '../home.ts';
import { connected, type Session } from '../look.ts';
import { printView } from '../print.ts';
import { configMaps, fieldManager, switchName } from '../resources.ts';
import { differsFrom, type Obeyed, reportedSince } from './obeyed.ts';
import { meanings } from './state.ts';
import { nodesOf, type Waited, waitFor } from './wait.ts';

export interface Way {
  readonly state: SwitchState;
  readonly asks: boolean;
  /** How long to wait where nobody says. */
  readonly waitSeconds: number;
}

/** What was done, as -o json has it. */
interface Steered {
  readonly namespace: string;
  readonly state: SwitchState;
  readonly before: string;
  /** null: it was not waited for them. */
  readonly agents: Obeyed | null;
}

export const setSwitch =
  ({ state, asks, waitSeconds }: Way): Run =>
  async ({ values }) => {
    const seconds = integer(values, 'wait', 0, 3600) ?? waitSeconds;
    const tell = tellIn(outputOf(values));
    const session = await connected(values, seconds > 0);
    using _ended = session.reader;
    const namespace = await ebbNamespace(session);
    const before = await current(session, namespace);
    if (asks && !(await agreed(values, session, state))) throw new Failed('nothing was changed');
    const wait = await set(session, { namespace, name: switchName }, { state, before, seconds });
    const steered = { namespace, state, before, agents: null };
    tell.done(steered);
    const waited = await wait();
    tell.over({ ...steered, agents: waited?.agents ?? null });
    if (waited?.failure) throw new Failed(waited.failure);
    return exit.done;
  };

/** People are told at once, programs in one piece at the end. */
function tellIn(output: Output): Readonly<Record<'done' | 'over', (view: Steered) => void>> {
  const program = output === 'json' || output === 'yaml';
  const tell = (view: Steered): void => printView(output, view, () => steeredText(view));
  return program ? { done: () => undefined, over: tell } : { done: tell, over: () => undefined };
}

function steeredText({ state, before }: Steered): string {
  const was = before === state ? 'already' : `${escapeText(before)} before`;
  return `the switch says ${state} (${was}): ${meanings[state]}`;
}

async function current({ reader }: Session, namespace: string): Promise<string> {
  const found = await reader.one(configMaps, { namespace, name: switchName });
  if (found === null) throw noSwitch(namespace);
  return switchText(found);
}

interface Change {
  readonly state: SwitchState;
  readonly before: string;
  readonly seconds: number;
}

/** Gives how to wait. Where nodes can't be read the switch is set all the same: that comes first. */
async function set(session: Session, place: SwitchPlace, change: Change): Promise<() => Promise<Waited | null>> {
  const { state, before, seconds } = change;
  const [earlier] = await Promise.allSettled([seconds > 0 ? nodesOf(session) : []]);
  const now = await write(session, place, state);
  return async () => {
    if (seconds === 0) return null;
    if (earlier.status === 'rejected') throw earlier.reason;
    const differs = differsFrom(earlier.value);
    const since = before === state ? reportedSince(now) : differs;
    return await waitFor(session, state, (node) => differs(node) || since(node), seconds);
  };
}

type SwitchPlace = Place & { readonly namespace: string };

/** Where nobody can answer, whoever calls has decided: an emergency must not wait. */
async function agreed(values: Values, { context }: Session, state: SwitchState): Promise<boolean> {
  if (values['yes'] === true || !process.stdin.isTTY || !process.stderr.isTTY) return true;
  const where = context === null ? 'this cluster' : `context ${escapeText(context, 200)}`;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${state} on every node of ${where}: ${meanings[state]}. Go on? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

/** Never makes one: no agent would read it anywhere but where Ebb is. */
async function write({ reader }: Session, place: SwitchPlace, state: SwitchState): Promise<KubeObject> {
  try {
    return await patchObject(reader.connection, configMaps, place, { data: { state } }, { fieldManager });
  } catch (error) {
    throw isKubeError(error, 'NotFound') ? noSwitch(place.namespace) : error;
  }
}
