/** The one cluster that `npm run cluster -- up` leaves running. */
import { join } from 'node:path';
import { Standing } from '../../controlplane/standing.ts';

export const standing = new Standing('cluster', join(import.meta.dirname, 'keep.ts'));
