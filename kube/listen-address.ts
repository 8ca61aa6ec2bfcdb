/**
 * Where /metrics and /healthz listen, as the command line says it: HOST:PORT, [IPv6]:PORT, or none. A pod's own address may
 * be of either family: brackets are taken around IPv4 too.
 */
import * as z from 'zod';

export const listenAddress = z
  .string()
  .regex(/^(none|(\[[0-9a-f:.]+\]|[0-9a-z.-]+):\d{1,5})$/i, 'must be HOST:PORT, [IPv6]:PORT or none')
  .transform((text) => {
    if (text === 'none') return null;
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine((address) => address === null || address.port <= 65535, 'the port must be at most 65535');
