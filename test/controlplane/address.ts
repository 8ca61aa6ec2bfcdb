/**
 * Where one control plane listens: a loopback address of its own, with ports that the kernel chose. Clients of loopback
 * connect from 127.0.0.1, so none takes such a port while the API server is stopped, nor connects to itself.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

export function loopbackAddress(): string {
  return `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** All are bound before the first is let go, so they differ. */
export async function freePorts(address: string, count: number): Promise<readonly number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen({ host: address, port: 0 }));
  await Promise.all(holders.map((holder) => once(holder, 'listening')));
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port);
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')));
  return ports;
}
