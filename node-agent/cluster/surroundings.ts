/** Reads what a pod knows of itself: its environment and the files of its ServiceAccount. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccountFolder } from '../../kube/in-cluster.ts';
import type { Surroundings } from './identity.ts';

export const surroundings = (): Surroundings => ({
  env: process.env,
  token: readOrNull('token'),
  namespace: readOrNull('namespace'),
});

function readOrNull(name: string): string | null {
  try {
    return readFileSync(join(serviceAccountFolder, name), 'utf8');
  } catch {
    return null;
  }
}
