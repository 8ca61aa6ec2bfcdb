import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { z } from 'zod';
import { commands } from '../../../cli/commands.ts';
import { checkFiles } from '../../../cli/policy-check.ts';
import { adviseShape, fieldPaths, policyCheckShape, probeShape, psShape, whyShape } from './shapes.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8');

/** From "## ebb NAME" to the next heading of its level. */
function section(name: string): string {
  const start = page.indexOf(`\n## ebb ${name}\n`);
  assert.notEqual(start, -1, `docs/cli.md has no section "ebb ${name}"`);
  const end = page.indexOf('\n## ', start + 1);
  return page.slice(start, end < 0 ? undefined : end);
}

const cells = (text: string): string[] => [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]!);

for (const command of commands) {
  test(`docs/cli.md lists every flag of ebb ${command.name} and no other`, () => {
    const documented = cells(section(command.name)).filter((cell) => cell.startsWith('-'));
    const flags = Object.entries(command.flags).map(([name, flag]) => {
      const short = flag.short === undefined ? '' : `-${flag.short}, `;
      return `${short}--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`;
    });
    assert.deepEqual(documented.sort(), flags.sort());
  });

  test(`docs/cli.md shows how ebb ${command.name} is used`, () => {
    for (const usage of command.usage) assert.ok(section(command.name).includes(`ebb ${command.name} ${usage}`), usage);
  });
}

const shapes: Record<string, z.ZodType> = {
  probe: probeShape,
  ps: psShape,
  advise: adviseShape,
  why: whyShape,
  'policy check': policyCheckShape,
};

for (const [name, shape] of Object.entries(shapes)) {
  test(`docs/cli.md lists every JSON field of ebb ${name} and no other`, () => {
    const documented = cells(section(name)).filter((cell) => !cell.startsWith('-'));
    assert.deepEqual(documented.sort(), fieldPaths(shape).sort());
  });
}

test('What ebb policy check --json prints is what the docs list', async () => {
  const report = await checkFiles([join(import.meta.dirname, '../../../examples/standalone'), '/nowhere.yaml']);
  const printed: unknown = JSON.parse(JSON.stringify(report));
  assert.equal(policyCheckShape.parse(printed).valid, false);
});

test('Every command with --json has its fields in the docs', () => {
  const withJson = commands.filter(({ flags }) => flags['json']).map(({ name }) => name);
  assert.deepEqual(withJson.sort(), Object.keys(shapes).sort());
});

test('docs/cli.md has no example that ebb would not understand', () => {
  const names = commands.map(({ name }) => name).join('|');
  for (const [line] of page.matchAll(/^(?:sudo )?ebb .*$/gm))
    assert.match(line, new RegExp(`^(sudo )?ebb (${names}|--)`));
});
