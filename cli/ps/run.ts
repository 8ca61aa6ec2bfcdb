/** `ebb ps`: finds, samples, joins what a running agent says, and shows. */
import { findContainers } from '../../node-agent/observe/containers.ts';
import type { ContainerState } from '../../node-agent/report/state.ts';
import { askAgent, defaultSocket } from '../agent-socket.ts';
import type { Run } from '../command.ts';
import { exit, Failed } from '../exit.ts';
import { openHost } from '../host.ts';
import { note, print, printJson, tableLook } from '../output.ts';
import { choice, text } from '../parse.ts';
import { samplesByPid } from '../sampling.ts';
import { otherCgroups } from './cgroups.ts';
import { sortKeys } from './command.ts';
import { list } from './list.ts';
import { showList } from './show.ts';

export const run: Run = async ({ values }) => {
  const sort = choice(values, 'sort', sortKeys) ?? 'anon';
  const socket = text(values, 'socket');
  const host = openHost();
  const found = findContainers(host);
  const all =
    values['all'] === true ? [...found.containers, ...otherCgroups(host, found.containers)] : found.containers;
  const samples = samplesByPid([...new Set(all.flatMap((one) => one.pids))]);
  const containers = list(all, samples, await agentStates(socket), sort);
  if (found.omitted > 0) note(`ebb: ${found.omitted} cgroups left out: the tree is larger than ebb looks through`);
  if (values['json'] === true) printJson({ containers });
  else if (containers.length > 0) print(showList(containers, values['wide'] === true, tableLook()));
  else note('ebb: no container found on this host (ebb ps --all lists every cgroup that has processes)');
  return exit.done;
};

/** The list stands without the agent's word; that it could not be had is said, unless none runs. */
async function agentStates(socket: string | undefined): Promise<readonly ContainerState[]> {
  try {
    const asked = await askAgent(socket ?? defaultSocket);
    if ('state' in asked) return asked.state.containers;
    if (socket !== undefined) note(`ebb: ${asked.absent}`);
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    note(`ebb: ${error.message}`);
  }
  return [];
}
