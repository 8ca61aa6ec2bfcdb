/** `ebb why`: asks the agent and shows its answer. */
import { escapeText } from '../../api/escape.ts';
import type { AgentState, ContainerState } from '../../node-agent/report/state.ts';
import { askAgent, defaultSocket } from '../agent-socket.ts';
import type { Run } from '../command.ts';
import { exit, Failed, UsageError } from '../exit.ts';
import { print, printJson, tableLook } from '../output.ts';
import { text } from '../parse.ts';
import { findState } from './find.ts';
import { showAll, showContainer } from './show.ts';

export const run: Run = async ({ values, positionals }) => {
  const asked = await askAgent(text(values, 'socket') ?? defaultSocket);
  if ('absent' in asked) {
    throw new Failed(
      `${asked.absent}; start one with ebb agent --standalone --policies DIR, or name its socket with --socket`,
    );
  }
  const json = values['json'] === true;
  if (positionals[0] === undefined) {
    if (json) printJson(asked.state);
    else print(showAll(asked.state, Date.now(), tableLook()));
    return exit.done;
  }
  const container = one(asked.state, positionals[0]);
  if (json) printJson(container);
  else print(showContainer(container, Date.now(), tableLook()));
  return exit.done;
};

function one(state: AgentState, name: string): ContainerState {
  if (name === '') throw new UsageError('the container is empty');
  const found = findState(state.containers, name);
  if (found.kind === 'one') return found.container;
  const shown = escapeText(name);
  if (found.kind === 'many') {
    const cgroups = found.cgroups.map((path) => `\n  ${escapeText(path, 1024)}`).join('');
    throw new UsageError(`${shown} may be any of these; write more of it:${cgroups}`);
  }
  throw new Failed(`the agent knows no container ${shown} (ebb why lists those it knows, ebb ps those there are)`);
}
