/**
 * `npm run demo`: one idle container on this machine, its memory out and back. Starts swap (if there is none), a
 * container with about 1 GiB of checkable memory, and the standalone agent; shows what happens; wakes the container;
 * checks every page; cleans up. Exit code 0 only if at least 90 % of its anonymous memory left and all came back intact.
 * `npm run demo -- --svg FILE` also draws what the node paid meanwhile.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hierarchies } from '../test/kernel/hierarchies.ts';
import { acquireSwap, swapAreas } from '../test/kernel/swap.ts';
import { Driver } from '../test/targets/driver.ts';
import { targetProgram } from '../test/targets/target.ts';
import { type DemoAgent, startAgent } from './agent.ts';
import { CleanUp } from './clean-up.ts';
import { type DemoContainer, startContainer } from './container.ts';
import { freeSwapBytes, type Usage, usage } from './memory.ts';
import { Screen } from './screen.ts';
import { removeCgroups } from './sweep.ts';
import { runDemo } from './whole.ts';
import { fill } from './workload.ts';

const GiB = 2 ** 30;
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;
const say = (text: string): void => console.log(text);

const { svg } = parseArgs({ options: { svg: { type: 'string' } } }).values;
const cleanUp = new CleanUp();

async function swapOn(): Promise<string> {
  if (freeSwapBytes() >= 1.5 * GiB) return `the machine's own (${swapAreas().join(', ')})`;
  const swap = await acquireSwap({ kind: 'zram', bytes: 2 * GiB }).catch(() =>
    acquireSwap({ kind: 'file', bytes: 2 * GiB }),
  );
  cleanUp.later(() => swap.release());
  return `${swap.kind} of 2 GiB, made for the demo`;
}

async function containerOn(folder: string, mounts: ReturnType<typeof hierarchies>): Promise<[DemoContainer, Driver]> {
  const container = startContainer(`demo-${process.pid}`, folder, targetProgram(), mounts.mounts);
  cleanUp.later(() => removeCgroups(container.cgroup));
  cleanUp.later(() => container.remove());
  const driver = new Driver(container.process.stdout!, container.process.stdin!);
  await driver.ready();
  return [container, driver];
}

interface Watched {
  readonly screen: Screen;
  readonly agent: DemoAgent;
  readonly look: () => Usage;
  readonly cgroup: string;
}

/** Looks every 500 ms until `done` or the time is up; answers whether it was done. */
async function watch(
  { screen, agent, look, cgroup }: Watched,
  seconds: number,
  done: (now: Usage, state: string) => boolean,
): Promise<boolean> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await sleep(500)) {
    const now = look();
    const seen = (await agent.state())?.containers.find((container) => container.cgroup === cgroup);
    const state = seen?.state ?? 'Unknown';
    screen.show(now, state, seen?.reason ?? '');
    if (done(now, state)) return true;
  }
  return false;
}

function told(before: Usage, out: Usage): void {
  const left = before.residentBytes - out.residentBytes;
  const freed = before.usageBytes - out.usageBytes;
  const zram = Math.max(0, out.zramBytes - before.zramBytes);
  say(
    `\n  left the container     ${mib(left)} of ${mib(before.residentBytes)} (${((100 * left) / before.residentBytes).toFixed(1)} %)`,
  );
  say(`  its cgroup gave back   ${mib(freed)}`);
  say(`  zram holds it in       ${mib(zram)}`);
  say(`  freed, net             ${mib(freed - zram)}`);
  if (freed < left / 2)
    say('  Swap is a file or disk: the pages wait in the swap cache until something reclaims them (AwaitingReclaim).');
}

async function demo(folder: string): Promise<boolean> {
  const mounts = hierarchies();
  say(`swap       ${await swapOn()}`);
  const [container, target] = await containerOn(folder, mounts);
  say(`container  ${container.cgroup}, started by ${container.by}; filling about 1 GiB …`);
  const workload = await fill(target);
  for (const { what, region } of workload.regions)
    say(`           ${mib(region.end - region.start).padStart(8)}  ${what}`);
  const agent = await startAgent(folder, container.cgroup, (end) => cleanUp.later(end));
  say(`agent      watching; its log is ${agent.log} while the demo runs\n`);
  const look = (): Usage => usage(mounts.memory, container.cgroup);
  const watched = { screen: new Screen(), agent, look, cgroup: container.cgroup };
  const before = look();
  if (before.residentBytes < 0.9 * GiB) throw new Error(`the container holds ${mib(before.residentBytes)} only`);
  const enough = (now: Usage): boolean => now.residentBytes <= before.residentBytes * 0.1;
  let out = before;
  const left = await watch(watched, 50, (now, state) => {
    if (now.residentBytes < out.residentBytes) out = now;
    return state === 'PagedOut' && enough(now);
  });
  told(before, out);
  await watch(watched, 3, () => false);
  watched.screen.mark('wake');
  const [millis] = await Promise.all([workload.wake(), watch(watched, 4, () => false)]);
  const broken = await workload.broken();
  await watch(watched, 2, () => false);
  watched.screen.picture();
  if (svg !== undefined)
    writeFileSync(svg, watched.screen.svg('An idle container of 1 GiB: what the node pays for it'));
  say(`\nwoke: every page read again in ${Math.round(millis)} ms`);
  say(broken.length === 0 ? 'contents: every page is what was written' : `contents BROKEN: ${broken.join(', ')}`);
  if (!left) {
    say(`NOT ENOUGH LEFT: ${mib(out.residentBytes)} of ${mib(before.residentBytes)} stayed resident; the agent's log:`);
    say(lastLines(agent.log));
  }
  return left && broken.length === 0;
}

/** Of a log that is about to be removed. */
function lastLines(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-20).join('\n') : '';
}

await runDemo({ cleanUp, demo, lastWords: (folder) => lastLines(join(folder, 'agent.log')) });
