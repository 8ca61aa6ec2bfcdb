/**
 * What a release is made of, as CycloneDX: npm's packages as package-lock.json has them, and Debian's in the base of the images.
 * npm writes a time and a random number into it; here both follow from the commit.
 */
import { createHash } from 'node:crypto';
import { readPin } from '../../images/base.ts';
import { run } from '../../images/run.ts';

interface Bom {
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly object[];
  readonly [field: string]: unknown;
}

export function billOfMaterials(revision: string, epoch: number): string {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const bom = JSON.parse(run('npm', words)) as Bom;
  const hex = createHash('sha256').update(revision).digest('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)];
  const metadata = {
    ...bom.metadata,
    timestamp: new Date(epoch * 1000).toISOString(),
    component: { ...bom.metadata.component, type: 'application', name: 'ebb' },
  };
  const components = [...bom.components, ...debianPackages()];
  return `${JSON.stringify({ ...bom, serialNumber: `urn:uuid:${id.join('-')}`, metadata, components }, null, 2)}\n`;
}

const debianPackages = (): object[] =>
  Object.entries(readPin().packages).map(([name, version]) => {
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}`;
    return { 'bom-ref': purl, type: 'library', name, version, purl };
  });
