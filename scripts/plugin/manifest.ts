/** The manifest by which krew installs the plugin. Pure. */
import { stringify } from 'yaml';
import type { Archive } from './platforms.ts';

export interface Built {
  readonly archive: Archive;
  readonly file: string;
  readonly sha256: string;
}

export interface Manifest {
  readonly apiVersion: 'krew.googlecontainertools.github.com/v1alpha2';
  readonly kind: 'Plugin';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly version: string;
    readonly shortDescription: string;
    readonly description: string;
    readonly caveats: string;
    readonly platforms: readonly Platform[];
  };
}

interface Platform {
  readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
  readonly uri: string;
  readonly sha256: string;
  readonly files: readonly { readonly from: string; readonly to: string }[];
  readonly bin: string;
}

/** `url`: the folder where the archives can be fetched. */
export function manifest(version: string, url: string, built: readonly Built[]): Manifest {
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'ebb' },
    spec: {
      version: `v${version}`,
      shortDescription: 'Show and steer Ebb, which reclaims idle memory',
      description: [
        'Ebb gives back the memory that idle pods hold. This shows how it is doing in a',
        "cluster, says why a pod's memory is where it is and which policy it follows, and",
        'pauses nodes, stops all of Ebb, or brings memory back. Needs Ebb in the cluster.',
        '',
      ].join('\n'),
      caveats: [
        'Rights: ClusterRole ebb-viewer shows, ebb-admin steers; nothing is bound to them.',
        'On macOS it needs Node 24 or newer on the PATH.',
        'For completion by kubectl: kubectl ebb completion --help',
        '',
      ].join('\n'),
      platforms: built.flatMap((one) => platformsOf(one, url)),
    },
  };
}

function platformsOf({ archive, file, sha256 }: Built, url: string): Platform[] {
  return archive.architectures.map((arch) => ({
    selector: { matchLabels: { os: archive.os, arch } },
    uri: `${url.replace(/\/+$/, '')}/${file}`,
    sha256,
    files: [{ from: '*', to: '.' }],
    bin: 'kubectl-ebb',
  }));
}

export const manifestText = (value: Manifest): string => stringify(value, { lineWidth: 0 });
