/** helm, built once from its Go module, and run with nothing of the user's: its files stay in a folder that is given. */
import { join } from 'node:path';
import {
  buildSet,
  type GoSet,
  isBuilt,
  moduleFolder,
  pinnedVersion,
  type Say,
  setFolder,
  setObstacles,
} from './go-set.ts';
import { type Ended, runKubectl } from './kubectl.ts';

export const chartFolder = join(import.meta.dirname, '../../charts/ebb');

const module = 'helm.sh/helm/v4';
const version = pinnedVersion('helm', module);
const set: GoSet = {
  name: `controlplane/helm-${version}`,
  modules: ['helm'],
  about: `helm ${version}: once, about 2 minutes on 2 cores`,
  programs: [
    {
      name: 'helm',
      folder: moduleFolder('helm'),
      main: `${module}/cmd/helm`,
      linked: `-X ${module}/internal/version.version=v${version}`,
    },
  ],
};

export const helmObstacles = (): string[] => setObstacles(set);

export const buildHelm = (say: Say): Promise<string> => buildSet(set, say);

export const isHelmBuilt = (): boolean => isBuilt(set);

/** Its path; throws where it still has to be built. */
export function helmProgram(): string {
  if (!isBuilt(set)) throw new Error('no helm: npm run controlplane -- build');
  return join(setFolder(set), 'helm');
}

export interface HelmOptions {
  /** Of the cluster; without it helm can only render. */
  readonly kubeconfig?: string;
  /** Where it keeps what it caches; below the system's temporary folder it would be shared. */
  readonly home: string;
  /** For commands that wait; a minute where absent. */
  readonly timeoutMillis?: number | undefined;
}

export function helm(
  words: readonly string[],
  { kubeconfig = '/dev/null', home, timeoutMillis }: HelmOptions,
): Promise<Ended> {
  const own = {
    HELM_CACHE_HOME: join(home, 'cache'),
    HELM_CONFIG_HOME: join(home, 'config'),
    HELM_DATA_HOME: join(home, 'data'),
  };
  return runKubectl(
    helmProgram(),
    words,
    { ...process.env, ...own, HOME: home, KUBECONFIG: kubeconfig },
    '',
    timeoutMillis,
  );
}

/** What it printed; rejects where it does not end with 0. */
export async function helmOk(words: readonly string[], options: HelmOptions): Promise<string> {
  const { code, out, err } = await helm(words, options);
  if (code !== 0) throw new Error(`helm ${words.join(' ')} ended with ${code}: ${err || out}`);
  return out;
}

if (import.meta.main) await buildHelm(console.log);
