/** The process behind `npm run controlplane -- up`: keeps one control plane until it is told to end, or receives a signal. */
import { createServer } from 'node:net';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Report, socketPath, standingFolder } from './standing.ts';

async function keep(plane: ControlPlane): Promise<void> {
  const end = async () => {
    await plane.stop();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => void end());
  });
  await new Promise<void>((resolve, reject) => {
    listener.on('error', reject).listen(socketPath(), resolve);
  });
}

function report(said: Report): Promise<void> {
  return new Promise((resolve) => {
    process.send!(said, () => resolve());
  });
}

/** Interrupted before it was ready, `up` leaves nothing: what runs ends with this process. */
const interrupted = () => process.exit(1);
process.once('disconnect', interrupted);
try {
  const plane = await startControlPlane({ folder: standingFolder() });
  await keep(plane);
  await report({ url: plane.url });
  process.off('disconnect', interrupted);
  process.disconnect();
} catch (error) {
  await report({ error: (error as Error).message });
  process.exit(1);
}
