/** A release says one version everywhere, and what does not is named. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { releaseNotes } from '../../../../scripts/release/notes.ts';
import { disagreements, sectionOf } from '../../../../scripts/release/versions.ts';

const changelog = `# Changelog

## [Unreleased]

## [1.2.0] - 2027-01-01

### Added
- A thing.

## [1.1.0]
- An older one.
`;
const agreed = [
  { where: 'charts/ebb/Chart.yaml version', version: '1.2.0' },
  { where: 'image worker arm64', version: '1.2.0' },
];

test('where all say the same there is nothing to say', () => {
  assert.deepEqual(disagreements('1.2.0', agreed, changelog), []);
});

test('each that says another version is named, with both', () => {
  const named = [
    ...agreed,
    { where: 'charts/ebb/Chart.yaml appVersion', version: '1.1.0' },
    { where: 'image operator amd64', version: 'none' },
  ];
  assert.deepEqual(disagreements('1.2.0', named, changelog), [
    'charts/ebb/Chart.yaml appVersion is 1.1.0, package.json is 1.2.0',
    'image operator amd64 is none, package.json is 1.2.0',
  ]);
});

test('the changelog has a section of the version with something in it, and nothing that is of no version', () => {
  const cases: readonly (readonly [version: string, text: string, says: readonly string[]])[] = [
    ['1.3.0', changelog, ['CHANGELOG.md has no section [1.3.0]']],
    ['1.2.0', changelog.replace(/### Added\n- A thing\./, ''), ['CHANGELOG.md says nothing of 1.2.0']],
    [
      '1.2.0',
      changelog.replace('[Unreleased]\n', '[Unreleased]\n- New.\n'),
      ['CHANGELOG.md has changes under [Unreleased], which are of no version'],
    ],
    ['1.2', changelog, ['CHANGELOG.md has no section [1.2]']],
  ];
  for (const [version, text, says] of cases) assert.deepEqual(disagreements(version, [], text), says, version);
});

test('the notes are the version’s own section and the digests', () => {
  assert.equal(sectionOf('1.2.0', changelog), '### Added\n- A thing.');
  const notes = releaseNotes('1.2.0', changelog, [{ name: 'ebb/worker:1.2.0', digest: 'sha256:ab' }]);
  assert.match(notes, /^# Ebb 1\.2\.0\n\n### Added\n- A thing\.\n\n## Images/);
  assert.match(notes, /\| ebb\/worker:1\.2\.0 \| `sha256:ab` \|/);
  assert.doesNotMatch(notes, /An older one/);
});
