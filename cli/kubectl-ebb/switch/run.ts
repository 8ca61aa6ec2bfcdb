/** Sets the switch of all agents, asking first where it ends something, and waits for them where that is wanted. */
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeText } from '../../../api/escape.ts';
import { isKubeError } from '../../../kube/errors.ts';
import { createObject, patchObject } from '../../../kube/objects.ts';
import type { SwitchState } from '../../../node-agent/cluster/switch.ts';
import { resources } from '../../../operator/resources.ts';
import type { Run, Values } from '../../command.ts';
import { type ExitCode, exit, Failed } from '../../exit.ts';
import { note, print } from '../../output.ts';
import { integer } from '../../parse.ts';
import { connected, type Session } from '../look.ts';
import { nodeViewOf } from '../node-view.ts';
import { configMaps, switchName } from '../resources.ts';
import { namesText } from '../text.ts';
import { obeyed } from './obeyed.ts';
import { meanings, switchView } from './state.ts';

export const setSwitch =
  (state: SwitchState, asks: boolean): Run =>
  async ({ values }) => {
    const seconds = integer(values, 'wait', 1, 3600);
    const session = await connected(values, seconds !== undefined);
    using _ended = session.reader;
    const before = await current(session);
    if (asks && !(await agreed(values, session, state))) throw new Failed('nothing was changed');
    await write(session, state);
    const was = before === state ? 'already' : `${escapeText(before)} before`;
    print(`the switch says ${state} (${was}): ${meanings[state]}`);
    return seconds === undefined ? exit.done : await waitFor(session, state, seconds);
  };

async function current({ reader, where }: Session): Promise<string> {
  return switchView(await reader.one(configMaps, { namespace: where.ebbNamespace, name: switchName })).state;
}

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

async function write({ reader, where }: Session, state: SwitchState): Promise<void> {
  const { connection } = reader;
  const place = { namespace: where.ebbNamespace, name: switchName };
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: place, data: { state } };
  try {
    await patchObject(connection, configMaps, place, { data: { state } });
  } catch (error) {
    if (!isKubeError(error, 'NotFound')) throw error;
    await createObject(connection, configMaps, body).catch((failure: unknown) => {
      throw isKubeError(failure, 'NotFound') ? noNamespace(where.ebbNamespace) : failure;
    });
  }
}

const noNamespace = (name: string): Failed =>
  new Failed(`there is no namespace ${escapeText(name)}: Ebb is not installed, or elsewhere (--ebb-namespace NAME)`);

async function waitFor({ reader }: Session, state: SwitchState, seconds: number): Promise<ExitCode> {
  const end = performance.now() + seconds * 1000;
  let told = '';
  for (;;) {
    reader.seen();
    const { left, done, message } = obeyed(
      state,
      await reader.all({ resource: resources.nodeAdvices }, nodeViewOf),
      Date.now(),
    );
    if (message !== told) note(message);
    told = message;
    if (done) return exit.done;
    const rest = end - performance.now();
    if (rest <= 0) throw new Failed(`not within ${seconds} s: ${namesText(left.slice(0, 5), left.length)}`);
    await Promise.race([reader.changed, sleep(Math.min(rest, 5000))]);
  }
}
