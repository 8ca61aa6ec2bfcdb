/** docs/quickstart.md as a person follows it: every command ends well, and the memory of the pods comes back and is whole. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { installedEbb } from './ebb.ts';
import { type Printed, runQuickstart } from './quickstart/commands.ts';

test('the quickstart works as it is written', async () => {
  await using ebb = await installedEbb({ install: false });
  const all: Printed[] = [];
  await runQuickstart(ebb, (printed) => all.push(printed));
  const printedBy = (part: string): string => all.findLast(({ command }) => command.includes(part))?.output ?? '';
  assert.match(printedBy('helm test'), /Phase:\s+Succeeded/);
  assert.match(printedBy('get madv'), /^quick-look\s+Enforce\s+.*\s[1-9]\d*Mi\s/m);
  assert.match(printedBy('ebb why'), /PagedOut/);
  assert.match(printedBy('/proxy/'), /as it was written/);
});
