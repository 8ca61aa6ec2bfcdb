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
  await served(
    plane,
    kinds.map(({ plural }) => plural),
  );
}

/** Established is said a moment before the first request is answered; and kubectl can't wait for what has no status yet. */
export async function served(plane: ControlPlane, plurals: readonly string[]): Promise<void> {
  for (let left = 300; left > 0; left--) {
    if ((await plane.kubectl(['get', plurals.join(), '-A'])).code === 0) return;
    await sleep(100);
  }
  assert.fail('the kinds are not served');
}
