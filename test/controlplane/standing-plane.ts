/** The one control plane that `npm run controlplane -- up` leaves running. */
import { join } from 'node:path';
import { Standing } from './standing.ts';

export const standing = new Standing('controlplane', join(import.meta.dirname, 'keep.ts'));
