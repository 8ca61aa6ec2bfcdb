/** Go as this machine has it: its version, and a build of one main package of a pinned module with its progress shown. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { tied } from './tied.ts';

export interface GoProgram {
  readonly name: string;
  /** With go.mod and go.sum. */
  readonly folder: string;
  /** Path of its main package. */
  readonly main: string;
  /** Added to the linker's flags. */
  readonly linked?: string;
  /** Build tags, with commas between them. */
  readonly tags?: string;
  /** Needs gcc and is linked with this machine's C libraries. */
  readonly cgo?: true;
}

const progressMillis = 20_000;

/** As `go1.26.8`; null where it does not run. */
export function goVersion(): string | null {
  const { status, stdout } = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', cwd: '/' });
  return status === 0 ? stdout.trim() : null;
}

/** `needed` as a go.mod says it: `1.26.6`. A release candidate counts as its release. */
export function isNewEnough(version: string, needed: string): boolean {
  const [, ...has] = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return (
    has.length > 0 &&
    compareVersions(
      has.map((part) => Number(part ?? 0)),
      numbers(needed),
    ) >= 0
  );
}

/** The newest that any of these asks for. */
export function newestOf(versions: readonly string[]): string {
  return versions.toSorted((one, other) => compareVersions(numbers(other), numbers(one)))[0]!;
}

const numbers = (version: string): number[] => version.split('.').map(Number);

function compareVersions(one: readonly number[], other: readonly number[]): number {
  const differing = one.findIndex((part, at) => part !== (other[at] ?? 0));
  return differing === -1 ? 0 : one[differing]! - (other[differing] ?? 0);
}

/** Static unless it asks for C, without paths of this machine, and exactly what go.sum says: whatever the user's own Go settings are. */
const settings = {
  GOFLAGS: '-mod=readonly -buildvcs=false -trimpath',
  GOWORK: 'off',
  GOTOOLCHAIN: 'local',
};

/** Folder of a module's own files in Go's cache; what is fetched is held to the go.sum of `folder`. */
export async function goSource(folder: string, module: string): Promise<string> {
  const words = ['mod', 'download', '-json', module];
  const { stdout } = await promisify(execFile)('go', words, { cwd: folder, env: { ...process.env, ...settings } });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

export async function goBuild(program: GoProgram, output: string, say: (line: string) => void): Promise<void> {
  const flags = ['-v', '-tags', program.tags ?? '', '-ldflags', `-s -w ${program.linked ?? ''}`];
  const words = ['build', ...flags, '-o', output, program.main];
  const child = spawn(...tied('TERM', 'go', words), {
    cwd: program.folder,
    env: { ...process.env, ...settings, CGO_ENABLED: program.cgo === true ? '1' : '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const started = performance.now();
  const seconds = () => `${Math.round((performance.now() - started) / 1000)} s`;
  const counts = { fetched: 0, compiled: 0 };
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) counts.fetched++;
    else if (/^[\w./~-]+$/.test(line)) counts.compiled++;
    else errors.push(line);
  });
  const progress = setInterval(() => {
    const fetched = counts.fetched > 0 ? `${counts.fetched} modules fetched, ` : '';
    say(`${program.name}: ${fetched}${counts.compiled} packages compiled (${seconds()})`);
  }, progressMillis);
  const [code] = (await once(child, 'close').finally(() => clearInterval(progress))) as [number | null];
  if (code !== 0) throw new Error(`go build ${program.main} ended with ${code}:\n${errors.slice(-20).join('\n')}`);
  say(`${program.name} built (${seconds()})`);
}
