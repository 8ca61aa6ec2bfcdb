/** What was recorded is of the quickstart as it is written now, and what the README shows of it stands in the record. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { onTheCluster } from '../../docs/commands.ts';
import { blocksOf, pageText } from '../../docs/pages.ts';

const again = 'record it anew: npm run transcript';
const transcript = pageText('docs/transcript.md');

test('docs/transcript.md has the commands of the quickstart, in their order', () => {
  const recorded = [...transcript.matchAll(/^# after \d+ s\n\$ (.*)$/gm)].map(([, command]) => command);
  assert.deepEqual(recorded, onTheCluster(), again);
});

test('every line that the README shows of it is in docs/transcript.md', () => {
  const shown = blocksOf('README.md').find(({ text }) => text.startsWith('$ kubectl '))!;
  const lines = new Set(transcript.split('\n'));
  const unknown = shown.text.split('\n').filter((line) => line !== '' && !lines.has(line));
  assert.deepEqual(unknown, [], again);
});
