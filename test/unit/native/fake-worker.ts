/** The other end of a connection, played by a test: says hello as a real worker does, then whatever it is told to. */
import { type Duplex, duplexPair } from 'node:stream';
import { encodeFrame, type Frame, FrameReader } from '../../../native/frames.ts';
import * as layout from '../../../native/layout.ts';
import { frameTypes } from '../../../native/names.ts';
import { connectWorker, type Worker } from '../../../native/worker.ts';

export function helloBody(abi = layout.abi, crc = layout.layoutCrc()): Uint8Array {
  const body = new Uint8Array(layout.hello.size);
  const view = new DataView(body.buffer);
  view.setUint32(layout.hello.at.abi, abi, true);
  view.setUint32(layout.hello.at.layout, crc, true);
  view.setUint32(layout.hello.at.capabilities, 3, true);
  view.setUint32(layout.hello.at.features, 1 | 16, true);
  view.setInt32(layout.hello.at.pid, 4711, true);
  return body;
}

export type Answer = (frame: Frame, say: (type: number, body: Uint8Array, session?: number) => void) => void;

/** A stream to a worker that greets, begins every session, and leaves the rest to `answer`. */
export function fakeStream(answer: Answer, hello = helloBody()): { stream: Duplex; peer: Duplex } {
  const [stream, peer] = duplexPair();
  const reader = new FrameReader((frame) => {
    const say = (type: number, body: Uint8Array, session = frame.session) =>
      peer.write(encodeFrame(type, session, frame.sequence, body));
    if (frame.type === frameTypes.hello) say(frame.type, hello);
    else if (frame.type === frameTypes.begin) say(frame.type, new Uint8Array(0));
    else answer(frame, say);
  });
  peer.on('data', (chunk: Uint8Array) => reader.push(chunk));
  peer.on('end', () => peer.end());
  return { stream, peer };
}

export async function fakeWorker(answer: Answer): Promise<{ worker: Worker; peer: Duplex }> {
  const { stream, peer } = fakeStream(answer);
  return { worker: await connectWorker(stream), peer };
}
