/** `ebb probe`: asks a worker, its own or a running agent's, reads the host's files, names what is missing, and shows it. */
import { existsSync } from 'node:fs';
import { arch, constants, release } from 'node:os';
import { join } from 'node:path';
import type { Hierarchies } from '../../node-agent/observe/container.ts';
import type { ProbeState } from '../../node-agent/report/state.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { askProbe, defaultSocket } from '../agent-socket.ts';
import type { Run } from '../command.ts';
import { exit, Failed } from '../exit.ts';
import { foldersIn, openHost } from '../host.ts';
import { print, printJson, tableLook } from '../output.ts';
import { text } from '../parse.ts';
import { readSwap } from '../swap.ts';
import { withWorker } from '../worker.ts';
import type { AdviceAnswer, Facts } from './facts.ts';
import { missingPieces } from './missing.ts';
import { showProbe } from './show.ts';

export const run: Run = async ({ values }) => {
  const host = openHost();
  const facts = collect(await askWorker(text(values, 'socket')), host);
  const missing = missingPieces(facts);
  if (values['json'] === true) printJson({ ...facts, missing });
  else print(showProbe(facts, missing, tableLook()));
  return exit.done;
};

/** Who is not root has no right to give a worker, as in the agent's container: there the agent's own answers. */
async function askWorker(socket: string | undefined): Promise<ProbeState> {
  if (socket !== undefined || process.getuid!() !== 0) {
    const answer = await askProbe(socket ?? defaultSocket);
    if (answer !== null) return answer;
  }
  if (socket !== undefined) throw new Failed(`no agent that this user may ask listens on ${socket}`);
  return withWorker({ dacReadSearch: true }, async ({ worker }) => ({
    capabilities: worker.hello.capabilities,
    features: worker.hello.features,
    advice: await worker.probe(),
  }));
}

function collect({ capabilities, features, advice }: ProbeState, host: Hierarchies): Facts {
  const { layout, memoryVersion, memory, unified } = host;
  return {
    version: packageJson.version,
    kernelRelease: release(),
    architecture: arch(),
    cgroups: { layout, memoryVersion, memory, unified },
    worker: { capabilities, features },
    advice: advice.map(answer),
    swap: readSwap(),
    pressure: {
      memory: existsSync('/proc/pressure/memory'),
      io: existsSync('/proc/pressure/io'),
      cpu: existsSync('/proc/pressure/cpu'),
      cgroups: unified !== null && hasPressure(unified),
    },
  };
}

/** The root of older kernels has no pressure files, its children have. */
const hasPressure = (unified: string): boolean =>
  ['', ...foldersIn(unified).slice(0, 1)].some((name) => existsSync(join(unified, name, 'memory.pressure')));

const names: Readonly<Record<string, string>> = {
  COLD: 'Cold',
  PAGEOUT: 'PageOut',
  WILLNEED: 'WillNeed',
  COLLAPSE: 'Collapse',
  MERGEABLE: 'Mergeable',
  UNMERGEABLE: 'Unmergeable',
};

function answer({ name, advice, errno }: ProbeState['advice'][number]): AdviceAnswer {
  return {
    name: names[name] ?? name,
    number: advice,
    accepted: errno === 0,
    error: errno === 0 ? null : errorName(errno),
  };
}

function errorName(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `errno ${errno}`;
}
