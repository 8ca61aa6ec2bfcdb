/**
 * Cuts a stream of bytes into lines of JSON, for watches. Memory is bounded: a line that is too long, like one that is no
 * JSON, ends the stream with Malformed. What comes after the last newline was cut off on the way and is dropped.
 */
import { KubeError } from './errors.ts';

/** An object is at most 1.5 MiB in etcd; its JSON with every managed field stays far below this. */
export const maxLineBytes = 16 << 20;

const newline = 10;

export async function* jsonLines(chunks: AsyncIterable<Uint8Array>, maxBytes = maxLineBytes): AsyncGenerator<unknown> {
  const cutter = new LineCutter(maxBytes);
  for await (const chunk of chunks) {
    for (const line of cutter.push(chunk)) if (line.length > 0) yield parse(line);
  }
}

class LineCutter {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      yield this.#take();
    }
    this.#keep(chunk.subarray(from));
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes) throw new KubeError('Malformed', `a line is longer than ${this.#maxBytes} bytes`);
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): Uint8Array {
    const [only] = this.#parts;
    const line = this.#parts.length === 1 ? only! : Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return line;
  }
}

function parse(line: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString('utf8'));
  } catch (cause) {
    throw new KubeError('Malformed', `a line of ${line.length} bytes is no JSON`, { cause });
  }
}
