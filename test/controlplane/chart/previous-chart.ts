/**
 * The chart as a release before this one had it: packaged as that version, and with a kind of an older schema. There is no
 * real one yet; once there is, it takes this one's place.
 */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { crdWithout } from '../../policies/other-crd.ts';
import { chartFolder } from '../helm.ts';
import type { ChartCluster } from './chart-cluster.ts';

export const previousVersion = '0.0.9';
/** Of the limits of a node's object, which that version did not know. */
export const unknownBefore = 'minSwapFreePercent';

/** Path of its archive. */
export async function packagePrevious(cluster: ChartCluster): Promise<string> {
  const folder = join(cluster.plane.folder, 'previous');
  cpSync(chartFolder, join(folder, 'ebb'), { recursive: true });
  const older = crdWithout('limits', unknownBefore);
  writeFileSync(join(folder, 'ebb/files/crds/nodememoryadvices.yaml'), stringify(older));
  const versions = ['--version', previousVersion, '--app-version', previousVersion];
  await cluster.helmOk('package', join(folder, 'ebb'), ...versions, '--destination', folder);
  return join(folder, `ebb-${previousVersion}.tgz`);
}
