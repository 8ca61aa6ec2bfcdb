/** The server answers GET of its paths and nothing else, whatever is sent to it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { json, type Limits, plain, type Routes, serve } from '../../../kube/serve.ts';

const routes: Routes = {
  '/ok': () => plain(200, 'fine é\n'),
  '/json': async () => json({ a: 1 }),
  '/broken': () => {
    throw new Error('broken');
  },
};

const unexpected = (error: unknown): void => {
  throw error;
};

async function withServer(use: (port: number, errors: unknown[]) => Promise<void>, limits?: Limits): Promise<void> {
  const errors: unknown[] = [];
  const serving = await serve({ host: '127.0.0.1', port: 0 }, routes, (error) => errors.push(error), limits);
  try {
    await use(serving.port!, errors);
  } finally {
    serving.close();
  }
}

const ask = (port: number, path: string, method = 'GET') =>
  new Promise<{ status: number; type: string | undefined; body: string }>((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'], body }));
    });
    call.on('error', reject).end();
  });

/** All that comes back for raw bytes, until the server closes. */
const send = (port: number, bytes: string) =>
  new Promise<string>((resolve) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    socket.setEncoding('latin1').on('data', (text) => {
      got += text;
    });
    socket.on('error', () => undefined).on('close', () => resolve(got));
  });

test('GET of a path answers it, with or without a query', () =>
  withServer(async (port) => {
    assert.deepEqual(await ask(port, '/ok?x=1'), { status: 200, type: 'text/plain; charset=utf-8', body: 'fine é\n' });
    assert.equal((await ask(port, '/json')).body, '{"a":1}\n');
  }));

test('HEAD answers without a body, other methods and paths are refused', () =>
  withServer(async (port) => {
    assert.deepEqual(await ask(port, '/ok', 'HEAD'), { status: 200, type: 'text/plain; charset=utf-8', body: '' });
    assert.equal((await ask(port, '/ok', 'POST')).status, 405);
    assert.equal((await ask(port, '/constructor')).status, 404);
  }));

test('an answer that fails is 500, told to the owner, and tells the caller nothing', () =>
  withServer(async (port, errors) => {
    assert.deepEqual((await ask(port, '/broken')).body, 'internal error\n');
    assert.equal(errors.length, 1);
  }));

test('garbage, half a request and too much of one end the connection and nothing else', () =>
  withServer(async (port) => {
    assert.match(await send(port, '\0\x01\xff\r\n\r\n'), /^HTTP\/1\.1 400 /);
    assert.equal(await send(port, 'GET /ok HTTP/1.1\r\nHost:'), '');
    assert.match(await send(port, `GET /ok HTTP/1.1\r\nX: ${'a'.repeat(20_000)}`), /^HTTP\/1\.1 431 |^$/);
    assert.equal((await ask(port, '/ok')).status, 200);
  }));

/** Connections that are made; each is ended with `end`. */
async function connections(port: number, count: number) {
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.on('error', () => undefined)));
      socket.once('error', reject);
    });
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(await open());
  return {
    sockets,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('more silent connections than it keeps shut nobody out: the oldest makes room', () =>
  withServer(async (port) => {
    using silent = await connections(port, 80);
    assert.equal((await ask(port, '/ok')).status, 200);
    await until(() => silent.sockets.filter(({ closed }) => closed).length === 17);
    assert.ok(silent.sockets.slice(17).every(({ closed }) => !closed));
  }));

test('a connection ends at its deadline, though a byte comes now and then', () =>
  withServer(
    async (port) => {
      using slow = await connections(port, 1);
      const [socket] = slow.sockets;
      const trickle = setInterval(() => socket!.write('x'), 50);
      await until(() => socket!.resume().closed).finally(() => clearInterval(trickle));
    },
    { deadlineMillis: 300, maxConnections: 64 },
  ));

test('a connection ends at its deadline, though its answer is read now and then', async () => {
  const large: Routes = { '/large': () => plain(200, 'x'.repeat(64 * 2 ** 20)) };
  const limits = { deadlineMillis: 500, maxConnections: 64 };
  const serving = await serve({ host: '127.0.0.1', port: 0 }, large, unexpected, limits);
  using slow = await connections(serving.port!, 1);
  const [socket] = slow.sockets;
  const read = setInterval(() => socket!.read(4096), 50);
  try {
    socket!.write('GET /large HTTP/1.1\r\n\r\n');
    await new Promise((done) => setTimeout(done, 1000));
    clearInterval(read);
    await until(() => socket!.resume().closed);
    assert.ok(socket!.bytesRead < 32 * 2 ** 20, `${socket!.bytesRead} bytes came`);
  } finally {
    clearInterval(read);
    serving.close();
  }
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 3000; !holds(); ) {
    assert.ok(Date.now() < end, 'it never came to that');
    await new Promise((done) => setTimeout(done, 10));
  }
}

test('a unix socket is its owner’s, replaces a stale one, and never a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-serve-'));
  const socket = join(folder, 's');
  try {
    const first = await serve({ socket, mode: 0o600 }, routes, unexpected);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    const second = await serve({ socket, mode: 0o600 }, routes, unexpected);
    first.close();
    second.close();
    const file = join(folder, 'file');
    writeFileSync(file, 'kept');
    await assert.rejects(serve({ socket: file, mode: 0o600 }, routes, unexpected), { code: 'EADDRINUSE' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
