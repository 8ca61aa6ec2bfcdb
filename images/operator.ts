#!/usr/local/bin/node
/** `ebb` in the operator's image. */
import { runEbb } from '../cli/ebb.ts';
import { operator } from '../cli/operator/command.ts';

await runEbb([operator]);
