/** forwarder.ts HOST PORT: takes connections from the listening socket that it is handed as descriptor 3 to HOST:PORT. */
import { connect, createServer } from 'node:net';

const [host, port] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (from) => {
  const to = connect({ host: host!, port: Number(port), allowHalfOpen: true });
  for (const [one, other] of [
    [from, to],
    [to, from],
  ] as const) {
    one.pipe(other);
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
});
server.listen({ fd: 3 }, () => console.log('ready'));
process.stdout.on('error', () => undefined);
