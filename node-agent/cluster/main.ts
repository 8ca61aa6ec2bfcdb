/** `ebb agent` in a cluster: the agent with its orders from the API server. */
import type { ClusterConfig } from '../config.ts';
import { runAgentProgram } from '../start.ts';
import { openCluster } from './source.ts';

/** Runs until a signal ends it: 0, or 1 where the worker went away. Throws StartError, with nothing left open. */
export function startClusterAgent(config: ClusterConfig, version: string): Promise<number> {
  return runAgentProgram(config, version, (started) => openCluster(config, started));
}
