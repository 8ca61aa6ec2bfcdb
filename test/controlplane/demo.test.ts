/** The demo of a cluster as a person runs it, to its end and interrupted: nothing of it stays on the machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { footprint } from '../levels/footprint.ts';

const program = join(import.meta.dirname, '../../demo/cluster/run.ts');

/** Sends SIGINT when the output says `when`. */
async function demo(when?: RegExp): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let sent = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (sent || !when?.test(output)) return;
      sent = true;
      child.kill('SIGINT');
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const folders = (): string[] => readdirSync('/var/tmp').filter((name) => name.startsWith('ebb-demo-'));

test('applied policies lead to reclaimed bytes that kubectl get madv shows, and all comes back intact', async () => {
  const before = [footprint(), folders()];
  const { code, output } = await demo();
  assert.equal(code, 0, output);
  assert.match(output, /\$ kubectl apply -f examples\/\n(.+ created\n){4}/);
  assert.match(output, /quick-look +Enforce +Enforce +2 +2 +[1-9]\d{2}Mi /);
  assert.match(output, /nodememoryadvice\.ebb\.dev\/\S+ +True +(Zram|Disk|Mixed)/);
  assert.match(output, /left the pods: \d+ MiB of \d+ MiB \((9\d\.\d|100\.0) %\)/);
  assert.match(output, /every page is what was written/);
  assert.deepEqual([footprint(), folders()], before);
});

test('interrupted while the programs run, it takes everything away', async () => {
  const before = [footprint(), folders()];
  const { code, output } = await demo(/kubectl get madv,nma/);
  assert.equal(code, 130, output);
  assert.deepEqual([footprint(), folders()], before);
});
