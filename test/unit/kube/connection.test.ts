/** What is sent, what comes back, and every way in which nothing comes back. */
import assert from 'node:assert/strict';
import { json } from 'node:stream/consumers';
import test from 'node:test';
import { Connection } from '../../../kube/connection.ts';
import { KubeError } from '../../../kube/errors.ts';
import { local } from './local-server.ts';

const get = { method: 'GET', path: '/api/v1/pods' } as const;

test('JSON goes out and comes in, with who asks and the path below the base of the server', async () => {
  let sent: unknown;
  await using server = await local(async (request, response) => {
    sent = await json(request);
    response.writeHead(201).end('{"made":true}');
  });
  const query = { fieldManager: 'a b&c', force: undefined, limit: 5 };
  const call = { method: 'POST', path: '/apis/x', body: { a: 'é' }, query, contentType: 'application/x' } as const;
  assert.deepEqual(await server.connection.request(call), { made: true });
  const [request] = server.asked;
  assert.equal(request!.url, '/base/apis/x?fieldManager=a+b%26c&limit=5');
  assert.equal(request!.headers.authorization, 'Bearer secret');
  assert.equal(request!.headers['content-type'], 'application/x');
  assert.deepEqual(sent, { a: 'é' });
});

const broken: readonly [string, number, string, string][] = [
  ['a redirect is not followed', 302, '', 'Malformed'],
  ['an answer that is no JSON is Malformed', 200, '<html>', 'Malformed'],
  ['an answer that is too long is Malformed', 200, JSON.stringify('x'.repeat(2000)), 'Malformed'],
  ['a page of a load balancer is a server error', 502, '<html>', 'ServerError'],
];

for (const [name, status, body, code] of broken) {
  test(name, async () => {
    await using server = await local(
      (_, response) => response.writeHead(status, { location: '/elsewhere' }).end(body),
      { maxBodyBytes: 1000 },
    );
    await assert.rejects(server.connection.request(get), { name: 'KubeError', code });
    assert.equal(server.asked.length, 1);
  });
}

test('429 says how long to wait; 401 makes the credentials fresh', async () => {
  await using server = await local(({ url }, response) =>
    url!.endsWith('pods')
      ? response.writeHead(429, { 'retry-after': '3' }).end()
      : response.writeHead(401).end('{"kind":"Status","reason":"Unauthorized","message":"no"}'),
  );
  await assert.rejects(server.connection.request(get), { code: 'TooManyRequests', retryAfterMillis: 3000 });
  assert.equal(server.refusals(), 0);
  await assert.rejects(server.connection.request({ ...get, path: '/b' }), { code: 'Unauthorized', status: 401 });
  assert.equal(server.refusals(), 1);
});

test('no answer, half an answer and none who answers are told apart', async () => {
  await using silent = await local(() => undefined, { timeoutMillis: 100 });
  await assert.rejects(silent.connection.request(get), { code: 'Timeout' });
  await using half = await local((_, response) => response.writeHead(200).write('{"a"'), { timeoutMillis: 100 });
  await assert.rejects(half.connection.request(get), { code: 'Timeout' });
  await using cut = await local((request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"a"');
    setTimeout(() => request.socket.destroy(), 20);
  });
  await assert.rejects(cut.connection.request(get), { code: 'Unreachable' });
  const nobody = new Connection({
    access: async () => ({ server: new URL('https://127.0.0.1:1'), headers: {}, tls: { rejectUnauthorized: true } }),
    refused: () => undefined,
  });
  await assert.rejects(nobody.request(get), { code: 'Unreachable' });
});

test('credentials that never come don’t hold a request beyond its time', async () => {
  const waiting = new Connection({ access: () => new Promise(() => undefined), refused: () => undefined });
  await assert.rejects(waiting.request({ ...get, timeoutMillis: 50 }), { code: 'Timeout' });
});

test('an aborted call rejects with the reason given', async () => {
  await using server = await local(() => undefined);
  const abort = new AbortController();
  const reason = new Error('enough');
  const call = server.connection.request({ ...get, signal: abort.signal });
  setTimeout(() => abort.abort(reason), 20);
  await assert.rejects(call, (error) => error === reason);
  await assert.rejects(server.connection.request({ ...get, signal: abort.signal }), (error) => error === reason);
});

test('a stream gives bytes as they come; it ends, is cut, or is aborted', async () => {
  await using server = await local(({ url }, response) => {
    response.writeHead(200).write('one');
    setTimeout(() => {
      if (url!.endsWith('ends')) response.end('two');
      if (url!.endsWith('cut')) response.destroy();
    }, 30);
  });
  const read = async (path: string, signal: AbortSignal): Promise<string> => {
    let text = '';
    const chunks = await server.connection.open({ method: 'GET', path, signal });
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
    return text;
  };
  const { signal } = new AbortController();
  assert.equal(await read('/ends', signal), 'onetwo');
  await assert.rejects(read('/cut', signal), { code: 'Unreachable' });
  const late = new KubeError('Timeout', 'late');
  const abort = new AbortController();
  setTimeout(() => abort.abort(late), 50);
  await assert.rejects(read('/open', abort.signal), (error) => error === late);
});

test('a kept socket that the server closed is no failure of a read', async () => {
  await using server = await local((request, response) => {
    response.end('{}');
    // Closed the moment it is idle: the next request finds it out only by using it.
    response.on('finish', () => setImmediate(() => request.socket.destroy()));
  });
  for (let turn = 0; turn < 20; turn++) assert.deepEqual(await server.connection.request(get), {});
});

test('a guarded call is asked for first, and again when its socket is open, and then sends nothing', async () => {
  await using server = await local((_, response) => response.end('{}'));
  let asked = 0;
  const refusal = new KubeError('NotLeader', 'no more');
  const guard = (): KubeError | null => {
    asked++;
    return asked > 5 ? refusal : null;
  };
  for (let turn = 0; turn < 2; turn++)
    await server.connection.request({ method: 'PATCH', path: '/a', body: {}, guard });
  const third = server.connection.request({ method: 'PATCH', path: '/a', body: {}, guard });
  await assert.rejects(third, (error) => error === refusal);
  assert.equal(server.asked.length, 2);
});
