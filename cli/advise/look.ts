/** Looks at this host for what targets.ts decides by: containers, cgroups, processes, and which of them are Ebb's own. */
import type { Hierarchies } from '../../node-agent/observe/container.ts';
import { findContainers } from '../../node-agent/observe/containers.ts';
import { askAgent, defaultSocket } from '../agent-socket.ts';
import { cgroupAt, cgroupOf, membersOf, ownProcesses, threadGroup } from '../host.ts';
import { samplesByPid } from '../sampling.ts';
import type { Subject } from './request.ts';
import { type HostView, type Meant, meantByCgroup, meantByContainer, meantByPid, meantInContainer } from './targets.ts';

export async function lookAround(hierarchies: Hierarchies, subject: Subject): Promise<Meant> {
  const named = subject.kind === 'container' || subject.kind === 'containerPid';
  const host: HostView = {
    mount: hierarchies.memory,
    cgroups: named ? findContainers(hierarchies).containers : [],
    sample: samplesByPid,
    threadGroup,
    cgroupOf: (pid) => cgroupOf(pid, hierarchies),
    members: ({ mount, cgroup }) => membersOf(mount, cgroup),
    own: new Set([...ownProcesses(), ...(await agentProcesses())]),
  };
  if (subject.kind === 'pid') return meantByPid(subject.pid, host);
  if (subject.kind === 'containerPid') return meantInContainer(subject.pid, subject.container, host);
  if (subject.kind === 'container') return meantByContainer(subject.container, host);
  return meantByCgroup(subject.path, (path) => cgroupAt(path, hierarchies), host);
}

/** An agent that does not answer can't tell who it is; then only Ebb's own process and ancestors are known. */
async function agentProcesses(): Promise<readonly number[]> {
  try {
    const asked = await askAgent(defaultSocket);
    return 'state' in asked ? [asked.state.agent.pid, asked.state.agent.workerPid] : [];
  } catch {
    return [];
  }
}
