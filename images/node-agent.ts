#!/usr/local/bin/node
/** `ebb` in the node agent's image: the agent, and what people ask on its node (kubectl exec). */
import { agent } from '../cli/agent/command.ts';
import { runEbb } from '../cli/ebb.ts';
import { probe } from '../cli/probe/command.ts';
import { ps } from '../cli/ps/command.ts';
import { why } from '../cli/why/command.ts';

await runEbb([agent, probe, ps, why]);
