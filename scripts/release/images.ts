/** The image archives of a release, and what they say of themselves: digest, version and commit. */
import { programs } from '../../images/build.ts';
import { run } from '../../images/run.ts';

interface Described {
  readonly digest: string;
  readonly platform?: { readonly architecture: string };
}

type Labels = Readonly<Record<string, string>>;

export interface ReleaseImage {
  readonly program: (typeof programs)[number];
  /** Of images/build.ts, with all architectures. */
  readonly archive: string;
  /** Of its index. */
  readonly digest: string;
  readonly architectures: readonly { readonly name: string; readonly version: string; readonly revision: string }[];
}

export const readImages = (folder: string): ReleaseImage[] => programs.map((program) => readImage(folder, program));

function readImage(folder: string, program: ReleaseImage['program']): ReleaseImage {
  const archive = `${folder}/${program}.tar`;
  const read = <T>(path: string): T => JSON.parse(run('tar', ['-xOf', archive, path])) as T;
  const blob = <T>(digest: string): T => read<T>(`blobs/${digest.replace(':', '/')}`);
  const [index] = read<{ manifests: Described[] }>('index.json').manifests;
  const architectures = blob<{ manifests: Described[] }>(index!.digest).manifests.map(({ digest, platform }) => {
    const { config } = blob<{ config: Described }>(digest);
    const labels = blob<{ config: { Labels: Labels } }>(config.digest).config.Labels;
    const label = (name: string): string => labels[`org.opencontainers.image.${name}`] ?? 'none';
    return { name: platform!.architecture, version: label('version'), revision: label('revision') };
  });
  return { program, archive, digest: index!.digest, architectures };
}
