/** Keeps what `up` started, in a process of its own, until it is told to end or receives a signal. */
import { createServer } from 'node:net';
import type { Report, Standing } from './standing.ts';

export interface Kept {
  readonly url: string;
  stop(): Promise<void>;
}

async function keep(standing: Standing, kept: Kept): Promise<void> {
  const end = async () => {
    await kept.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => void end());
  });
  await new Promise<void>((resolve, reject) => {
    listener.on('error', reject).listen(standing.socket, resolve);
  });
}

function report(said: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send!(said, () => resolve());
  });
}

/** Interrupted before it was ready, `up` leaves nothing: what runs ends with this process. */
const interrupted = () => process.exit(1);

export async function keepStanding(standing: Standing, start: () => Promise<Kept>): Promise<void> {
  process.once('disconnect', interrupted);
  try {
    const kept = await start();
    await keep(standing, kept);
    await report({ url: kept.url });
    process.off('disconnect', interrupted);
    process.disconnect();
  } catch (error) {
    await report({ error: (error as Error).message });
    process.exit(1);
  }
}
