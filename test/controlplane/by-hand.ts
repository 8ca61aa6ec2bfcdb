/**
 * The commands by which a person starts, uses and ends something that stands: up, run, kubeconfig, down, build. What a shell
 * should take over goes to standard output, everything else to standard error.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import type { Standing } from './standing.ts';

export interface ByHand {
  /** `npm run NAME -- …`. */
  readonly name: string;
  /** "control plane". */
  readonly what: string;
  readonly standing: Standing;
  /** What `up` starts, for its line of the usage. */
  readonly starts: string;
  /** Builds what is missing for these words of `up`; folders for PATH. */
  readonly build: (say: (line: string) => void, words: readonly string[]) => Promise<readonly string[]>;
  /** What tests need beside it: made by the command build alone. Folders of it. */
  readonly buildForTests?: (say: (line: string) => void) => Promise<readonly string[]>;
  /** The same where they are built. */
  readonly folders: () => readonly string[];
  /** Said when it is ready. */
  readonly ready: (url: string) => string;
  /** The words that `up` takes. */
  readonly upWords?: Readonly<Record<string, string>>;
}

const say = (line: string) => console.error(line);

/** Sets the exit code of this process. */
export async function runByHand(of: ByHand, [command = '', ...words]: readonly string[]): Promise<void> {
  const act = Object.hasOwn(commands, command) ? commands[command] : undefined;
  try {
    const code = await act?.(of, words);
    if (code === undefined || code === null) say(usage(of));
    process.exitCode = code ?? 2;
  } catch (error) {
    say((error as Error).message);
    process.exitCode = 1;
  }
}

type Act = (of: ByHand, words: readonly string[]) => Promise<number | null> | number | null;

const alone =
  (act: (of: ByHand) => Promise<number> | number): Act =>
  (of, words) =>
    words.length > 0 ? null : act(of);

const commands: Readonly<Record<string, Act>> = {
  up,
  run,
  kubeconfig: alone((of) => whileUp(of, () => showKubeconfig(of))),
  down: alone(down),
  build: alone(build),
};

function usage(of: ByHand): string {
  const upWords = Object.entries(of.upWords ?? {});
  const rows = [
    [
      ['up', ...upWords.map(([word]) => `[${word}]`)].join(' '),
      `start ${of.starts}, built first, and print what to export`,
    ],
    ...upWords.map(([word, about]) => [`  ${word}`, about]),
    ['run CMD...', 'run CMD with kubectl in its PATH and KUBECONFIG set'],
    ['kubeconfig', "print the path of the administrator's kubeconfig"],
    ['down', 'end it; nothing of it stays'],
    ['build', 'only build'],
  ] as const;
  const width = Math.max(...rows.map(([left]) => left!.length)) + 2;
  return [`npm run ${of.name} -- COMMAND`, ...rows.map(([left, right]) => `  ${left!.padEnd(width)}${right}`)].join(
    '\n',
  );
}

async function up(of: ByHand, words: readonly string[]): Promise<number | null> {
  if (words.some((word) => !Object.hasOwn(of.upWords ?? {}, word))) return null;
  const folders = await of.build(say, words);
  const begun = performance.now();
  const url = await of.standing.up(words);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(url === null ? `a ${of.what} runs already` : `${of.ready(url)} (${seconds} s)`);
  console.log(`export KUBECONFIG='${of.standing.kubeconfig}' PATH='${folders.join(delimiter)}':"$PATH"`);
  return 0;
}

async function build(of: ByHand): Promise<number> {
  const folders = [...(await of.build(console.log, []))];
  if (of.buildForTests !== undefined) folders.push(...(await of.buildForTests(console.log)));
  console.log(`they are in ${folders.join(', ')}`);
  return 0;
}

async function down({ standing, what }: ByHand): Promise<number> {
  say((await standing.down()) ? `the ${what} is gone` : `no ${what} runs`);
  return 0;
}

/** 1 and a line that says what to do. */
async function whileUp(of: ByHand, act: () => number | Promise<number>): Promise<number> {
  if (await of.standing.isUp()) return act();
  say(`no ${of.what} runs: npm run ${of.name} -- up`);
  return 1;
}

function showKubeconfig({ standing }: ByHand): number {
  console.log(standing.kubeconfig);
  return 0;
}

function run(of: ByHand, [program, ...words]: readonly string[]): Promise<number> | null {
  if (program === undefined) return null;
  return whileUp(of, async () => {
    const { standing } = of;
    const path = [...of.folders(), process.env['PATH'] ?? ''].join(delimiter);
    const env = { ...process.env, PATH: path, KUBECONFIG: standing.kubeconfig, KUBECACHEDIR: standing.kubectlCache };
    const child = spawn(program, words, { stdio: 'inherit', env });
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  });
}
