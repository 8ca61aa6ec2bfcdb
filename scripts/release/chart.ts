/** The chart as a package whose bytes follow from the commit, and what helm renders from it for those who use kubectl alone. */
import { chmodSync, cpSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { chartFolder, helmOk } from '../../test/controlplane/helm.ts';

/** `work`: a folder for what helm needs on its way. The package's path. */
export async function packageChart(version: string, epoch: number, work: string, folder: string): Promise<string> {
  const copy = join(work, 'chart/ebb');
  cpSync(chartFolder, copy, { recursive: true });
  // helm takes dates and modes from the files.
  for (const path of readdirSync(copy, { recursive: true, encoding: 'utf8' }).map((name) => join(copy, name))) {
    if (statSync(path).isFile()) chmodSync(path, 0o644);
    utimesSync(path, epoch, epoch);
  }
  await helmOk(['package', copy, '--destination', folder], { home: join(work, 'helm') });
  return join(folder, `ebb-${version}.tgz`);
}

/** Everything but the kinds, which are a file of their own. */
export const renderInstall = (chart: string, work: string): Promise<string> =>
  rendered(chart, work, '--set=crds.enabled=false', '--skip-tests');

/** The kinds, with the labels by which they are found and removed. What would keep them is helm's alone. */
export const renderKinds = (chart: string, work: string): Promise<string> =>
  rendered(chart, work, '--set=crds.keep=false', '--show-only=templates/crds.yaml');

/** By kubectl nothing belongs to helm. */
async function rendered(chart: string, work: string, ...words: readonly string[]): Promise<string> {
  const text = await helmOk(['template', 'ebb', chart, ...words], { home: join(work, 'helm') });
  return text.replaceAll(/^( +app\.kubernetes\.io\/managed-by): Helm$/gm, '$1: kubectl');
}
