/**
 * The native library in this process, through koffi: what needs no rights and never touches a target's memory. Many
 * processes or files are read in one call, into buffers that are kept.
 */
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { decodeSample } from './decode.ts';
import * as layout from './layout.ts';
import { capabilityNames, featureNames, namesOf } from './names.ts';
import type { Hello, ProcessSample } from './worker.ts';

/** The same from native/ and from the bundle in dist/. */
const libraryPath = join(import.meta.dirname, '..', 'native', 'build', 'libebb.so');

const currentDirectory = -100; // AT_FDCWD
const filesPerCall = 128;
const fileBufferBytes = 1 << 20;
const overflow = 75; // EOVERFLOW

export interface Unread {
  readonly pid: number;
  readonly errno: number;
}

export interface Library {
  /** One entry per PID, in order; who is gone has an errno instead. */
  sampleProcesses(pids: readonly number[]): (ProcessSample | Unread)[];
  /** One entry per path, in order: the text, one character per byte, or the errno. */
  readFiles(paths: readonly string[]): (string | number)[];
  /** The process with this number now; needs no right. Closed with closePidfd. Negative: -errno. */
  pidfdOpen(pid: number): number;
  closePidfd(pidfd: number): void;
  /** Which of these are gone; waits at most so long for the first. */
  pollExits(pidfds: readonly number[], timeoutMillis?: number): boolean[];
  /** Drops what was read of the program that runs this process out of its memory: bytes, or -errno. It comes back where it is used. */
  giveBackOwnProgram(): number;
  /** flock(2): 0 or -errno. */
  flock(descriptor: number, operation: number): number;
  readonly features: Hello['features'];
  /** Effective capabilities of this process, of those that Ebb knows. */
  readonly capabilities: Hello['capabilities'];
  reasonName(reason: number): string;
  layoutText(): string;
}

export interface LibraryOptions {
  readonly path?: string;
  /** Where the /proc of Ebb's PID namespace is mounted. */
  readonly proc?: string;
}

const declarations = {
  abi: 'uint32_t ebb_abi(void)',
  layout: 'const char *ebb_layout(void)',
  layoutCrc: 'uint32_t ebb_layout_crc(void)',
  reasonName: 'const char *ebb_reason_name(uint32_t reason)',
  features: 'uint32_t ebb_features(void)',
  capabilities: 'uint32_t ebb_capabilities(void)',
  sample: 'int64_t ebb_sample_processes(int proc_fd, const void *pids, size_t count, void *out)',
  readFiles:
    'int64_t ebb_read_files(int dir_fd, const void *paths, size_t count, void *buffer, size_t capacity, void *results)',
  pidfdOpen: 'int ebb_pidfd_open(int32_t pid)',
  pollExits: 'int ebb_poll_exits(const void *pidfds, size_t count, void *exited, int timeout_millis)',
  giveBackOwnProgram: 'int64_t ebb_give_back_own_program(void)',
  /* libc's, found through the library: Node has none. */
  flock: 'int flock(int descriptor, int operation)',
} as const;

type NativeFunction = ReturnType<LibraryHandle['func']>;
type Native = Readonly<Record<keyof typeof declarations, NativeFunction>>;

/** A file that is no library, or one for another machine or libc. */
function loaded(path: string): LibraryHandle {
  try {
    return koffi.load(path);
  } catch (error) {
    const [cause] = (error as Error).message.split('\n');
    throw new Error(`ebb: ${path} can't be loaded (${cause}): run npm run build`);
  }
}

function loadNative(path: string): Native {
  if (!existsSync(path)) throw new Error(`ebb: ${path} is missing: run npm run build`);
  const library = loaded(path);
  const abi: number = library.func(declarations.abi)();
  const crc: number = abi === layout.abi ? library.func(declarations.layoutCrc)() : 0;
  const wrong = layout.mismatch({ abi, layout: crc });
  if (wrong !== undefined) throw new Error(wrong);
  const functions = Object.entries(declarations).map(([name, declared]) => [name, library.func(declared)]);
  return Object.fromEntries(functions) as Native;
}

/** A buffer that only ever grows: sampling 500 processes allocates nothing after the first time. */
class Scratch {
  #bytes = Buffer.alloc(0);

  atLeast(size: number): Buffer {
    if (this.#bytes.byteLength < size) this.#bytes = Buffer.alloc(Math.ceil(size * 1.25));
    return this.#bytes;
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

class NativeLibrary implements Library {
  readonly #native: Native;
  readonly #proc: number;
  readonly #pids = new Scratch();
  readonly #samples = new Scratch();
  readonly #results = new Scratch();
  readonly #text = new Scratch();

  constructor(native: Native, proc: string) {
    this.#native = native;
    this.#proc = openSync(proc, constants.O_RDONLY | constants.O_DIRECTORY);
  }

  sampleProcesses(pids: readonly number[]): (ProcessSample | Unread)[] {
    const { size, at } = layout.sample;
    const out = this.#samples.atLeast(pids.length * size);
    this.#native.sample(this.#proc, this.#int32s(pids), pids.length, out);
    const view = viewOf(out);
    return pids.map((pid, index) => {
      const errno = view.getInt32(index * size + at.error, true);
      return errno === 0 ? decodeSample(view, index * size) : { pid, errno };
    });
  }

  readFiles(paths: readonly string[]): (string | number)[] {
    const read: (string | number)[] = [];
    for (let first = 0; first < paths.length; first += filesPerCall)
      read.push(...this.#readGroup(paths.slice(first, first + filesPerCall)));
    return read;
  }

  pidfdOpen(pid: number): number {
    return this.#native.pidfdOpen(pid);
  }

  closePidfd(pidfd: number): void {
    closeSync(pidfd);
  }

  pollExits(pidfds: readonly number[], timeoutMillis = 0): boolean[] {
    const exited = this.#results.atLeast(pidfds.length);
    const gone: number = this.#native.pollExits(this.#int32s(pidfds), pidfds.length, exited, timeoutMillis);
    return pidfds.map((_, index) => gone > 0 && exited[index] === 1);
  }

  giveBackOwnProgram(): number {
    return Number(this.#native.giveBackOwnProgram());
  }

  flock(descriptor: number, operation: number): number {
    return this.#native.flock(descriptor, operation) === 0 ? 0 : -koffi.errno();
  }

  get features(): Hello['features'] {
    return namesOf(featureNames, this.#native.features());
  }

  get capabilities(): Hello['capabilities'] {
    return namesOf(capabilityNames, this.#native.capabilities());
  }

  reasonName(reason: number): string {
    return this.#native.reasonName(reason);
  }

  layoutText(): string {
    return this.#native.layout();
  }

  #int32s(numbers: readonly number[]): Buffer {
    const bytes = this.#pids.atLeast(numbers.length * 4);
    for (let i = 0; i < numbers.length; i++) bytes.writeInt32LE(numbers[i]!, i * 4);
    return bytes;
  }

  /** What did not fit behind the others is read again with the whole buffer to itself. */
  #readGroup(paths: readonly string[]): (string | number)[] {
    const read = this.#readTogether(paths);
    if (paths.length === 1) return read;
    return read.map((text, index) => (text === overflow ? this.#readTogether([paths[index]!])[0]! : text));
  }

  #readTogether(paths: readonly string[]): (string | number)[] {
    const { size, at } = layout.fileResult;
    const results = this.#results.atLeast(paths.length * size);
    const text = this.#text.atLeast(fileBufferBytes);
    const names = Buffer.from(`${paths.join('\0')}\0`);
    this.#native.readFiles(currentDirectory, names, paths.length, text, fileBufferBytes, results);
    return paths.map((_, index) => {
      const errno = results.readInt32LE(index * size + at.error);
      const offset = results.readUInt32LE(index * size + at.offset);
      const length = results.readUInt32LE(index * size + at.length);
      return errno === 0 ? text.toString('latin1', offset, offset + length) : errno;
    });
  }
}

/** Throws one line that says what to do where the library is missing or was built from another native/ebb.h. */
export function loadLibrary(options: LibraryOptions = {}): Library {
  return new NativeLibrary(loadNative(options.path ?? libraryPath), options.proc ?? '/proc');
}
