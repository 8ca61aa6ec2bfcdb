/**
 * npm run controlplane -- up|down|kubeconfig|run|build : a real API server on this machine for a person with kubectl.
 * What a shell should take over goes to standard output, everything else to standard error.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import { binariesFolder, buildBinaries } from './binaries.ts';
import { down, isUp, kubeconfigPath, kubectlCache, up } from './standing.ts';

const usage = `npm run controlplane -- COMMAND
  up           start etcd and kube-apiserver, built first where they are not there, and print what to export
  run CMD...   run CMD with kubectl in its PATH and KUBECONFIG set
  kubeconfig   print the path of the administrator's kubeconfig
  down         end it; nothing of it stays
  build        only build`;

const say = (line: string) => console.error(line);

async function start(): Promise<number> {
  const binaries = await buildBinaries(say);
  const begun = performance.now();
  const url = await up();
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(url === null ? 'a control plane runs already' : `kube-apiserver is ready at ${url} (${seconds} s)`);
  console.log(`export KUBECONFIG='${kubeconfigPath()}' PATH='${binaries}':"$PATH"`);
  return 0;
}

async function build(): Promise<number> {
  console.log(`they are in ${await buildBinaries(console.log)}`);
  return 0;
}

async function end(): Promise<number> {
  say((await down()) ? 'the control plane is gone' : 'no control plane runs');
  return 0;
}

/** 1 and a line that says what to do. */
async function whileUp(act: () => number | Promise<number>): Promise<number> {
  if (await isUp()) return act();
  say('no control plane runs: npm run controlplane -- up');
  return 1;
}

function showKubeconfig(): number {
  console.log(kubeconfigPath());
  return 0;
}

async function run([program, ...words]: readonly string[]): Promise<number> {
  if (program === undefined) return misused();
  const path = `${binariesFolder()}${delimiter}${process.env['PATH'] ?? ''}`;
  const env = { ...process.env, PATH: path, KUBECONFIG: kubeconfigPath(), KUBECACHEDIR: kubectlCache() };
  const child = spawn(program, words, { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function misused(): number {
  say(usage);
  return 2;
}

function chosen([command, ...words]: readonly string[]): number | Promise<number> {
  if (command === 'run') return whileUp(() => run(words));
  if (words.length > 0) return misused();
  if (command === 'up') return start();
  if (command === 'down') return end();
  if (command === 'kubeconfig') return whileUp(showKubeconfig);
  if (command === 'build') return build();
  return misused();
}

try {
  process.exitCode = await chosen(process.argv.slice(2));
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
