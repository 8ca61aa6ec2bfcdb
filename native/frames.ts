/** Frames over a stream: bytes as they come in to whole frames with bodies of their own, and the header in front. */
import { protocolError } from './decode.ts';
import * as layout from './layout.ts';

export interface Frame {
  readonly type: number;
  readonly session: number;
  readonly sequence: number;
  /** At offset 0 of a buffer of its own: aligned for every field. */
  readonly body: Uint8Array;
}

export function encodeFrame(type: number, session: number, sequence: number, body: Uint8Array): Uint8Array {
  const { at, size } = layout.frame;
  const bytes = new Uint8Array(size + body.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(at.length, body.byteLength, true);
  view.setUint32(at.type, type, true);
  view.setUint32(at.session, session, true);
  view.setUint32(at.sequence, sequence, true);
  bytes.set(body, size);
  return bytes;
}

/** Collects chunks of any size; gives each frame to its taker as soon as its last byte is there. */
export class FrameReader {
  readonly #take: (frame: Frame) => void;
  readonly #header = new Uint8Array(layout.frame.size);
  #headerHave = 0;
  #body: Uint8Array | null = null;
  #bodyHave = 0;

  constructor(take: (frame: Frame) => void) {
    this.#take = take;
  }

  /** Throws ProtocolError when a header announces more than any frame may hold, and whatever the taker throws. */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.byteLength > 0) rest = this.#body === null ? this.#readHeader(rest) : this.#readBody(this.#body, rest);
  }

  #readHeader(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, layout.frame.size - this.#headerHave);
    this.#header.set(part, this.#headerHave);
    this.#headerHave += part.byteLength;
    if (this.#headerHave === layout.frame.size) this.#startBody();
    return chunk.subarray(part.byteLength);
  }

  #startBody(): void {
    const length = new DataView(this.#header.buffer).getUint32(layout.frame.at.length, true);
    if (length > layout.maxFrameBytes) throw protocolError(`a frame of ${length} bytes`);
    this.#body = new Uint8Array(length);
    this.#bodyHave = 0;
    if (length === 0) this.#finish(this.#body);
  }

  #readBody(body: Uint8Array, chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, body.byteLength - this.#bodyHave);
    body.set(part, this.#bodyHave);
    this.#bodyHave += part.byteLength;
    if (this.#bodyHave === body.byteLength) this.#finish(body);
    return chunk.subarray(part.byteLength);
  }

  #finish(body: Uint8Array): void {
    const view = new DataView(this.#header.buffer);
    const { at } = layout.frame;
    this.#headerHave = 0;
    this.#body = null;
    this.#take({
      type: view.getUint32(at.type, true),
      session: view.getUint32(at.session, true),
      sequence: view.getUint32(at.sequence, true),
      body,
    });
  }
}
