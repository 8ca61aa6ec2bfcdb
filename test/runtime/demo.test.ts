/** The demo as a person runs it, to its end and interrupted in the middle: nothing of it stays on the machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { footprint } from '../levels/footprint.ts';

const root = join(import.meta.dirname, '../..');

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

interface Interrupt {
  readonly when: RegExp;
  readonly signal: NodeJS.Signals;
}

/** Sends `signal` when the output says `when`. */
async function demo(words: readonly string[], interrupt?: Interrupt): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'demo/run.ts'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let sent = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (interrupt === undefined || sent || !interrupt.when.test(output)) return;
      sent = true;
      child.kill(interrupt.signal);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const folders = (): string[] => readdirSync('/var/tmp').filter((name) => name.startsWith('ebb-demo-'));

test('at least 90 % of the container leaves and comes back intact, and both pictures are drawn', async (t) => {
  const before = [footprint(), folders()];
  const svg = join(tmpdir(), `ebb-demo-${process.pid}.svg`);
  t.after(() => rmSync(svg, { force: true }));
  const { code, output } = await demo(['--svg', svg]);
  assert.equal(code, 0, output);
  assert.match(output, /left the container +[\d,]+ MiB of 1,0\d\d MiB \((9\d\.\d|100\.0) %\)/);
  assert.match(output, /freed, net +\d+ MiB/);
  assert.match(output, /PagedOut/);
  assert.match(output, /█+.*░+/);
  assert.match(readFileSync(svg, 'utf8'), /^<svg .*>wake<.*<\/svg>\n$/s);
  assert.match(output, /every page is what was written/);
  assert.deepEqual([footprint(), folders()], before);
});

for (const [signal, when, moment] of [
  ['SIGINT', /filling about/, 'while the container is filled'],
  ['SIGHUP', /Cold +StepDue/, 'in the middle of the page-out'],
] as const) {
  test(`the demo takes everything away on ${signal} ${moment}`, async () => {
    const before = [footprint(), folders()];
    const { code, output } = await demo([], { when, signal });
    assert.equal(code, 130, output);
    assert.deepEqual([footprint(), folders()], before);
  });
}
