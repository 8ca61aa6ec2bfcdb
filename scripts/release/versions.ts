/** What of a release must say the same version, and what does not. Pure. */
export interface Named {
  /** As a person would look for it: `charts/ebb/Chart.yaml appVersion`. */
  readonly where: string;
  readonly version: string;
}

/** One line for each that is not of `version`. */
export function disagreements(version: string, named: readonly Named[], changelog: string): string[] {
  const others = named.filter((each) => each.version !== version);
  return [
    ...others.map(({ where, version: other }) => `${where} is ${other}, package.json is ${version}`),
    ...inChangelog(version, changelog),
  ];
}

function inChangelog(version: string, changelog: string): string[] {
  const own = sectionOf(version, changelog);
  const missing = own === null ? `has no section [${version}]` : own === '' ? `says nothing of ${version}` : null;
  const ahead = sectionOf('Unreleased', changelog) ? 'has changes under [Unreleased], which are of no version' : null;
  return [missing, ahead].filter((line) => line !== null).map((line) => `CHANGELOG.md ${line}`);
}

/** Without its heading; null where there is none. */
export function sectionOf(version: string, changelog: string): string | null {
  const sections = changelog.split(/^## /m).slice(1);
  const own = sections.find((section) => section.startsWith(`[${version}]`));
  return own === undefined ? null : own.slice(own.indexOf('\n') + 1).trim();
}
