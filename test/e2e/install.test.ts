/**
 * Ebb on a real cluster, installed by helm: two nodes, the images of this tree, pods of every QoS class put
 * there by the scheduler. The tests are one story and run in order.
 */
import { after, before } from 'node:test';
import { importApp } from './app.ts';
import { installedEbb } from './ebb.ts';
import { dryRun } from './install/dry-run.ts';
import { interruptions } from './install/interruptions.ts';
import { reclaim } from './install/reclaim.ts';
import { release } from './install/release.ts';
import { Stage, story } from './install/stage.ts';
import { emergencySwitch } from './install/switch.ts';

let current: Stage;

before(async () => {
  const ebb = await installedEbb({ values: ['agent.periodSeconds=1', 'operator.statusPeriodSeconds=1'] });
  current = new Stage(ebb);
  await importApp(ebb);
});
after(async () => {
  await current?.ebb[Symbol.asyncDispose]();
});

const tell = story(() => current);
for (const part of [dryRun, reclaim, interruptions, emergencySwitch, release]) part(tell);
