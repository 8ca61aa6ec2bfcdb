/** The process behind `npm run controlplane -- up`: keeps one control plane. */
import { startControlPlane } from './control-plane.ts';
import { keepStanding } from './keep-standing.ts';
import { standing } from './standing-plane.ts';

await keepStanding(standing, () => startControlPlane({ folder: standing.folder }));
