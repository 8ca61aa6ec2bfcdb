/** Ebb's own kinds on a control plane: applied as a user applies them, and served when it resolves. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kinds } from '../../api/kinds.ts';
import type { ControlPlane } from './control-plane.ts';

export const crdsFolder = join(import.meta.dirname, '../../crds');

export async function installCRDs(plane: ControlPlane): Promise<void> {
  const { code, err } = await plane.kubectl(['apply', '--server-side', '-f', crdsFolder]);
  assert.deepEqual({ code, err }, { code: 0, err: '' }, 'a CRD is applied without a warning');
  await plane.kubectlOk(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await served(plane);
}

/** Established is said a moment before the first request is answered. */
async function served(plane: ControlPlane): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if ((await plane.kubectl(['get', kinds.map(({ plural }) => plural).join(), '-A'])).code === 0) return;
    await sleep(100);
  }
  assert.fail('the kinds are not served');
}
