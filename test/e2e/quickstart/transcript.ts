/** `npm run transcript`: runs the commands of docs/quickstart.md on a real cluster and writes docs/transcript.md. */
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { chart, type Mark } from '../../../demo/chart.ts';
import { pinnedVersion } from '../../controlplane/go-set.ts';
import { root } from '../../docs/pages.ts';
import { installedEbb } from '../ebb.ts';
import { buildOwnImages } from '../images.ts';
import { type Printed, runQuickstart } from './commands.ts';
import { MemoryWatch } from './watch.ts';

const kubernetes = pinnedVersion('kubernetes', 'k8s.io/kubernetes');

const head = `# What the quickstart prints

Recorded by \`npm run transcript\`, which runs [the quickstart](quickstart.md)'s commands on two nodes of Kubernetes ${kubernetes}
with containerd and runc, Linux ${release().split('-')[0]}, and swap on zram. Nothing is left out and nothing is written by hand.
`;

const shown = ({ command, atMillis, output }: Printed): string =>
  `# after ${Math.round(atMillis / 1000)} s\n$ ${command}\n${output}`.trimEnd();

const pictured = (picture: readonly string[]): string => `
## What the two pods hold

Measured from outside twice a second, by RssAnon and VmSwap of their processes, in the same run:

\`\`\`text
${picture.join('\n')}
${''.padStart(11)}█ resident  ░ swapped out
\`\`\`
`;

await buildOwnImages(console.error);
await using ebb = await installedEbb({ install: false });
using watch = new MemoryWatch(ebb);
const said: string[] = [];
const marks: Mark[] = [];
let ready: Promise<void> | null = null;
await runQuickstart(ebb, (printed) => {
  const text = shown(printed);
  console.error(`${text}\n`);
  said.push(text);
  if (printed.command.includes('rollout status')) ready = watch.follow();
  if (printed.command.startsWith('kubectl apply') && ready !== null)
    marks.push({ atMillis: watch.atMillis, label: 'policy' });
  if (printed.command.includes('/proxy/') && marks.length === 1)
    marks.push({ atMillis: watch.atMillis, label: 'request' });
  if (printed.command.includes('ebb restore')) {
    marks.push({ atMillis: watch.atMillis, label: 'restored' });
    watch.leave();
  }
});
const picture = chart(watch.points, marks, { width: 80, height: 8 });
const body = `\n\`\`\`text\n${said.join('\n\n')}\n\`\`\`\n`;
writeFileSync(join(root, 'docs/transcript.md'), head + body + pictured(picture));
