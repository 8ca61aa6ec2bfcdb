/** The plugin as a process, against a server that knows no more of Kubernetes than an empty list and a watch without events. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import test, { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const folder = mkdtempSync(join(tmpdir(), 'ebb-plugin-'));
after(() => rmSync(folder, { recursive: true, force: true }));

class Plugin implements Disposable {
  out = '';
  err = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(words: readonly string[], kubeconfig = join(folder, 'none')) {
    const main = join(import.meta.dirname, '../../../../cli/kubectl-ebb/main.ts');
    const env = { ...process.env, KUBECONFIG: kubeconfig };
    this.#child = spawn(process.execPath, [main, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
  }

  async until(what: string, holds: (plugin: Plugin) => boolean): Promise<void> {
    for (let left = 400; left > 0 && !holds(this); left--) await sleep(50);
    assert.ok(holds(this), `${what}\n${this.out}\n${this.err}`);
  }

  async ended(): Promise<number | null> {
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

async function serveNothing(): Promise<{ readonly server: Server; readonly kubeconfig: string }> {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url?.includes('watch=')) response.flushHeaders();
    else response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '1' }, items: [] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kubeconfig = join(folder, 'kubeconfig');
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const config = {
    clusters: [{ name: 'c', cluster }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return { server, kubeconfig };
}

test('what is watched as JSON stays JSON when the API server goes away: that is told on stderr, once', async () => {
  const { server, kubeconfig } = await serveNothing();
  using plugin = new Plugin(['top', 'nodes', '-w', '-o=json'], kubeconfig);
  await plugin.until('the first view', ({ out }) => out !== '');
  server.closeAllConnections();
  server.close();
  await plugin.until('the trouble', ({ err }) => /^not current: .*ECONNREFUSED/m.test(err));
  await sleep(2500);
  assert.deepEqual(
    plugin.out.split('\n').filter((line) => line !== ''),
    ['{"nodes":[]}'],
  );
  const refusals = plugin.err.split('\n').filter((line) => line.includes('ECONNREFUSED'));
  assert.equal(refusals.length, 1, plugin.err);
});

for (const [words, says] of [
  [['-n', 'shop', 'why', 'web'], /^kubectl ebb: -n stands before the command: flags go behind it$/m],
  [['stop', '--wait', '-1'], /^kubectl ebb: --wait lacks its SECONDS/m],
  [['status', '-o=jsn'], /^kubectl ebb: --output takes table, wide, json, yaml, not jsn$/m],
  [['sideways'], /^kubectl ebb: unknown command sideways$/m],
] as const)
  test(`kubectl ebb ${words.join(' ')} is bad usage, and says what is wrong with it`, async () => {
    using plugin = new Plugin(words);
    assert.equal(await plugin.ended(), 2);
    assert.match(plugin.err, says);
  });
