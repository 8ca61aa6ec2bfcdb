/** Starts a control plane, says in one line what could stay of it, and does nothing more: a program for ending.test.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startControlPlane } from './control-plane.ts';

const { folder, pids, url, etcd } = await startControlPlane();
console.log(JSON.stringify({ folder, pids: [pids.etcd, pids.apiServer], urls: [url, etcd.url] }));
await sleep(120_000);
