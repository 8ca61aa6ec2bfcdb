/**
 * Swap for kernel tests: a zram device or a swap file of the test's own, switched off and removed afterwards. Swap is
 * node-wide, so one test process at a time has it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lock } from './lock.ts';

export interface SwapOptions {
  readonly kind: 'zram' | 'file';
  readonly bytes: number;
  /** zram only; the device's default where absent. */
  readonly algorithm?: string;
  /** Folder of a swap file, not on tmpfs; EBB_SCRATCH or the system's temporary folder where absent. */
  readonly folder?: string;
}

export interface Swap {
  readonly kind: 'zram' | 'file';
  /** /dev/zramN or the swap file. */
  readonly path: string;
  readonly bytes: number;
  /** Switches it off and removes it; a second call does nothing. */
  release(): Promise<void>;
}

const lockPath = join(tmpdir(), 'ebb-swap.lock');

export async function withSwap<T>(options: SwapOptions, use: (swap: Swap) => T | Promise<T>): Promise<T> {
  const swap = await acquireSwap(options);
  try {
    return await use(swap);
  } finally {
    await swap.release();
  }
}

/** Switches on swap of our own. Where a test is cut short, the next acquire takes away what it left. */
export async function acquireSwap(options: SwapOptions): Promise<Swap> {
  const held = await lock(lockPath);
  try {
    removeLeftOvers();
    const { path, remove } = options.kind === 'zram' ? zram(options) : file(options);
    let released = false;
    return {
      kind: options.kind,
      path,
      bytes: options.bytes,
      async release() {
        if (released) return;
        released = true;
        try {
          remove();
        } finally {
          await held.release();
        }
      },
    };
  } catch (error) {
    await held.release();
    throw error;
  }
}

/** Paths of the swap areas in use now. proc_swaps(5) writes spaces in octal. */
export function swapAreas(): string[] {
  const lines = readFileSync('/proc/swaps', 'utf8').trim().split('\n').slice(1);
  return lines.map((line) =>
    line
      .split(/\s+/)[0]!
      .replaceAll('\\040', ' ')
      .replace(/\\040\(deleted\)$/, ''),
  );
}

/** Whether this machine has swap that no test made. */
export const hasOwnSwap = (): boolean => swapAreas().some((path) => !isOfTests(path, ownedZram()));

interface Area {
  readonly path: string;
  readonly remove: () => void;
}

function zram(options: SwapOptions): Area {
  const device = freeZram();
  const path = `/dev/zram${device.number}`;
  try {
    if (options.algorithm) writeFileSync(`/sys/block/zram${device.number}/comp_algorithm`, options.algorithm);
    writeFileSync(`/sys/block/zram${device.number}/disksize`, String(options.bytes));
    return switchOn(path, () => retireZram(device));
  } catch (error) {
    retireZram(device);
    throw error;
  }
}

interface Zram {
  readonly number: number;
  /** Added by us, so to be removed by us; else zram0 of the machine, to be reset. */
  readonly added: boolean;
}

/** Says which device is ours, for the one who takes away what a killed test left. */
const ownedPath = join(tmpdir(), 'ebb-swap.zram');

/** A new device where the kernel adds one, else a device that nobody uses. */
function freeZram(): Zram {
  return owned(addZram() ?? zram0);
}

const zram0: Zram = { number: 0, added: false };

function owned(device: Zram): Zram {
  if (!device.added && readFileSync(`/sys/block/zram${device.number}/disksize`, 'utf8').trim() !== '0')
    throw new Error(`zram${device.number} is in use, and no other device could be added`);
  writeFileSync(ownedPath, JSON.stringify(device));
  return device;
}

function addZram(): Zram | null {
  try {
    return { number: Number(readFileSync('/sys/class/zram-control/hot_add', 'utf8')), added: true };
  } catch {
    return null;
  }
}

function retireZram(device: Zram): void {
  writeFileSync(`/sys/block/zram${device.number}/reset`, '1');
  if (device.added) writeFileSync('/sys/class/zram-control/hot_remove', String(device.number));
  rmSync(ownedPath, { force: true });
}

const filePrefix = 'ebb-swapfile-';

function file(options: SwapOptions): Area {
  const folder = mkdtempSync(join(options.folder ?? process.env['EBB_SCRATCH'] ?? tmpdir(), filePrefix));
  const path = join(folder, 'swap');
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    // Written in full: swapon refuses holes.
    const blocks = String(Math.ceil(options.bytes / 2 ** 20));
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=1M', `count=${blocks}`, 'conv=fsync', 'status=none']);
    execFileSync('chmod', ['600', path]);
    return switchOn(path, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

function switchOn(path: string, remove: () => void): Area {
  execFileSync('mkswap', [path], { stdio: ['ignore', 'ignore', 'pipe'] });
  execFileSync('swapon', [path]);
  return {
    path,
    remove() {
      execFileSync('swapoff', [path]);
      remove();
    },
  };
}

const isFile = (path: string): boolean => path.includes(`/${filePrefix}`);

const isOfTests = (path: string, device: Zram | null): boolean => isFile(path) || path === `/dev/zram${device?.number}`;

/** What a test that was killed left on: only areas and devices that this file made. Call it with the lock held. */
function removeLeftOvers(): void {
  const device = ownedZram();
  for (const path of swapAreas()) {
    if (!isOfTests(path, device)) continue;
    execFileSync('swapoff', [path]);
    if (isFile(path)) rmSync(join(path, '..'), { recursive: true, force: true });
  }
  if (device !== null) retireZram(device);
}

function ownedZram(): Zram | null {
  try {
    return JSON.parse(readFileSync(ownedPath, 'utf8')) as Zram;
  } catch {
    return null;
  }
}

/** Keeps every test's swap off meanwhile. Swap of the machine's own is not ours to switch off: that is an error. */
export async function withoutSwap<T>(use: () => T | Promise<T>): Promise<T> {
  const held = await lock(lockPath);
  try {
    removeLeftOvers();
    if (swapAreas().length > 0) throw new Error(`swap is on that no test made: ${swapAreas().join(' ')}`);
    return await use();
  } finally {
    await held.release();
  }
}

/**
 * Lets commands that are not ours make swap, in this folder or on zram0, and takes it away as what a killed test left. Nobody
 * else has swap meanwhile.
 */
export function withSwapOfOthers<T>(use: (folder: string) => Promise<T>): Promise<T> {
  return withoutSwap(async () => {
    const folder = mkdtempSync(join(process.env['EBB_SCRATCH'] ?? tmpdir(), filePrefix));
    owned(zram0);
    try {
      return await use(folder);
    } finally {
      removeLeftOvers();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** Takes away what killed tests left, if no other test has swap now. */
export async function sweepSwap(): Promise<void> {
  const held = await lock(lockPath);
  try {
    removeLeftOvers();
  } finally {
    await held.release();
  }
}
