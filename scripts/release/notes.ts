/** What a release says of itself: its section of the changelog, and what it is known by. Pure. */
import { sectionOf } from './versions.ts';

export interface Digest {
  readonly name: string;
  readonly digest: string;
}

export function releaseNotes(version: string, changelog: string, images: readonly Digest[]): string {
  const rows = images.map(({ name, digest }) => `| ${name} | \`${digest}\` |`);
  return `# Ebb ${version}

${sectionOf(version, changelog)}

## Images

Each is an index for amd64 and arm64. \`digests.yaml\` has the same as values of the chart.

| image | digest |
|---|---|
${rows.join('\n')}
`;
}
