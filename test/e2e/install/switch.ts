/** ebb-switch, which every agent obeys by itself: Stop, Run and Restore. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownNamespace } from '../ebb.ts';
import { ladderSeconds } from './policy.ts';
import type { Stage, Tell } from './stage.ts';

export async function turnSwitch(stage: Stage, state: string): Promise<void> {
  const patch = JSON.stringify({ data: { state } });
  await stage.ebb.kubectlOk('-n', ownNamespace, 'patch', 'configmap', 'ebb-switch', '-p', patch);
}

const obeyedSeconds = 10;

export function emergencySwitch(tell: Tell): void {
  tell('Stop is obeyed by every agent, and nothing more is advised', async (stage, t) => {
    await turnSwitch(stage, 'Stop');
    const millis = await stage.until('every agent to say so', () => stage.everyAgentSays('SwitchStop'), obeyedSeconds);
    t.diagnostic(`every agent said so after ${(millis / 1000).toFixed(1)} s`);
    const advised = () => stage.metric(/^ebb_advised_bytes_total/);
    const before = await advised();
    for (const app of stage.apps) await app.wake();
    await sleep(ladderSeconds * 1000);
    assert.ok(stage.areIn(), 'idle pods stay as they are');
    assert.equal(await advised(), before);
  });

  tell('Run lets them go on', async (stage) => {
    await turnSwitch(stage, 'Run');
    await stage.until('every pod to be out', () => stage.areOut(), 60);
  });

  tell('Restore brings all memory back, and every byte is what it was', async (stage, t) => {
    await turnSwitch(stage, 'Restore');
    const millis = await stage.until('every agent to be done', () => stage.everyAgentSays('Restored'), 60);
    t.diagnostic(`brought back in ${(millis / 1000).toFixed(1)} s`);
    assert.ok(stage.areBack());
    for (const app of stage.apps) await app.assertIntact();
  });
}
