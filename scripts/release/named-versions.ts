/** Where the tree and the images that were built of it say a version, beside package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../../images/run.ts';
import type { ReleaseImage } from './images.ts';
import type { Named } from './versions.ts';

const text = (path: string): string => readFileSync(join(root, path), 'utf8');

export function namedVersions(images: readonly ReleaseImage[]): Named[] {
  type Chart = { version: string; appVersion: string; annotations: Record<string, string> };
  const chart = parse(text('charts/ebb/Chart.yaml')) as Chart;
  const annotated = parse(chart.annotations['artifacthub.io/images']!) as { name: string; image: string }[];
  return [
    { where: 'package-lock.json', version: (JSON.parse(text('package-lock.json')) as { version: string }).version },
    { where: 'charts/ebb/Chart.yaml version', version: chart.version },
    { where: 'charts/ebb/Chart.yaml appVersion', version: chart.appVersion },
    ...annotated.map(({ name, image }) => ({
      where: `charts/ebb/Chart.yaml artifacthub.io/images ${name}`,
      version: image.slice(image.lastIndexOf(':') + 1),
    })),
    ...images.flatMap(({ program, architectures }) =>
      architectures.map((each) => ({ where: `image ${program} ${each.name}`, version: each.version })),
    ),
  ];
}
