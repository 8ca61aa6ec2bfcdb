/**
 * What the commands of the pages need to be run as they stand: two nodes without Ebb, swap, a pod or two, the programs of this
 * tree on PATH, and for each word in capitals something that is there.
 */
import { join } from 'node:path';
import { pauseImage } from '../cluster/node-files.ts';
import { type EbbCluster, installedEbb } from '../ebb.ts';
import { imageRegistry } from '../images.ts';

const root = join(import.meta.dirname, '../../..');

export interface Ground extends AsyncDisposable {
  readonly ebb: EbbCluster;
  readonly env: NodeJS.ProcessEnv;
  /** The command with what it leaves open filled in. */
  readonly filledIn: (command: string) => string;
}

const pod = (namespace: string, name: string, labels: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels },
  spec: { containers: [{ name: 'pause', image: pauseImage, imagePullPolicy: 'Never' }] },
});
/** Those that a page takes for granted. */
const namespaces = ['batch', 'payments'];

export async function ground(): Promise<Ground> {
  const ebb = await installedEbb({ install: false });
  try {
    await ebb.apply(
      ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
      pod('batch', 'worker', { role: 'worker' }),
      pod('default', 'web', { tier: 'web' }),
    );
    await ebb.kubectlOk('wait', 'pod/web', '--for=condition=Ready', '--timeout=60s');
    const id = await ebb.kubectlOk('get', 'pod', 'web', '-o', 'jsonpath={.status.containerStatuses[0].containerID}');
    const words = wordsFor(ebb, id.replace('containerd://', ''));
    return {
      ebb,
      env: { ...process.env, ...ebb.env, PATH: programs(ebb.env['PATH']!) },
      filledIn: (command) => filledIn(command, words),
      [Symbol.asyncDispose]: () => ebb[Symbol.asyncDispose](),
    };
  } catch (error) {
    await ebb[Symbol.asyncDispose]();
    throw error;
  }
}

/** PATH with the programs of this tree before the others. */
export const programs = (path: string): string => [join(root, 'bin'), path].join(':');

export type Word = readonly [RegExp, string];

export const filledIn = (command: string, words: readonly Word[]): string =>
  [...ofEveryCluster, ...words].reduce((text, [word, value]) => text.replaceAll(word, value), command);

/** The nodes have the images under a registry's name, since there is none to fetch them from. */
const ofEveryCluster: readonly Word[] = [
  // Another test may have the ports that they take by themselves.
  [/(?<=^npx ebb (?:agent|operator))(?= )/g, ' --metrics none'],
  [/(?<=helm (?:install|upgrade) ebb )charts\/ebb/g, `charts/ebb --set image.registry=${imageRegistry}`],
];

const wordsFor = (ebb: EbbCluster, container: string): Word[] => [
  [/(?<=\bpod )NAME\b|\bPOD\b/g, 'web'],
  [/(?<=\bnamespace )NAME\b|\bNAMESPACE\b/g, 'shop'],
  [/(?<![:.])\bNAME\b(?!:)|\bNODE\b(?!:)/g, ebb.cluster.nodes[0]!.name],
  [/(?<=--kubeconfig )FILE\b/g, ebb.plane.kubeconfig],
  [/\bFILE\b|\bPOLICY\.yaml\b/g, 'examples/idle-web.yaml'],
  [/\bCONTAINER\b|\b3f2a\b/g, container.slice(0, 16)],
  [/(?<=ebb )COMMAND\b/g, 'probe'],
  [/\bCHART\b/g, 'charts/ebb'],
  [/\bREGISTRY\b/g, imageRegistry],
];
