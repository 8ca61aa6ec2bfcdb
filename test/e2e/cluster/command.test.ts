/**
 * npm run cluster, as the pages say it: the lines of CONTRIBUTING.md, and those with which the quickstart gets its cluster. Each
 * ends with nothing left.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { cacheFolder } from '../../../scripts/cache.ts';
import { gettingACluster } from '../../docs/commands.ts';
import { blocksOf, root } from '../../docs/pages.ts';

const cache = cacheOfItsOwn();
after(async () => {
  await typed('npm run -s cluster -- down');
  rmSync(cache, { recursive: true, force: true });
});

/** What is built is where it was; what stands is apart, so that a cluster which the developer has up is left alone. */
function cacheOfItsOwn(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-up-'));
  mkdirSync(join(folder, 'cluster'));
  for (const part of ['', 'cluster'])
    for (const name of readdirSync(cacheFolder(part)).filter((each) => !['cluster', 'up', 'up.lock'].includes(each)))
      symlinkSync(join(cacheFolder(part), name), join(folder, part, name));
  return folder;
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** In one shell, which ends with the first that fails. */
function typed(...lines: readonly string[]): Promise<Ended> {
  const options = { cwd: root, env: { ...process.env, EBB_CACHE: cache }, timeout: 300_000 };
  return new Promise((resolve) => {
    execFile('bash', ['-c', ['set -eu', ...lines].join('\n')], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

async function assertEnds(): Promise<void> {
  assert.match((await typed('npm run -s cluster -- down')).err, /^the cluster is gone$/m);
  const left = readdirSync(join(cache, 'cluster')).filter((name) => name.startsWith('up'));
  assert.deepEqual(left, ['up.lock']);
  assert.match((await typed('npm run -s cluster -- down')).err, /^no cluster runs$/m);
}

test('what CONTRIBUTING.md says gives two nodes, ends them, and gives them again with Ebb installed', async () => {
  const block = blocksOf('CONTRIBUTING.md').find(({ text }) => text.includes('cluster -- up'))!;
  const { code, out, err } = await typed(block.text, 'kubectl -n ebb-system get daemonset ebb-node-agent -o name');
  assert.equal(code, 0, err);
  assert.equal(out.match(/^node\d +Ready /gm)?.length, 2, out);
  assert.match(err, /^two nodes are ready, the API server is at .*\n[\s\S]*^the cluster is gone$/m);
  assert.match(out, /^daemonset.apps\/ebb-node-agent$/m);

  const again = await typed('eval "$(npm run -s cluster -- up)"', 'helm status ebb');
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /^a cluster runs already$/m);
  assert.match(again.out, /^STATUS: deployed$/m);
  await assertEnds();
});

test('what the quickstart begins with gives a cluster whose nodes have the images, and kubectl ebb', async () => {
  const asked = `kubectl get nodes -o jsonpath='{.items[*].status.images[*].names}'`;
  const { code, out, err } = await typed(
    ...gettingACluster().filter((command) => command !== 'npm ci'),
    'kubectl ebb --version',
    `until ${asked} | grep -q localhost/ebb/; do sleep 1; done`,
  );
  assert.equal(code, 0, err);
  assert.match(out, /^\d+\.\d+\.\d+$/m);
  await assertEnds();
});

test('up that does not know a word shows the usage, and starts nothing', async () => {
  const { code, err } = await typed('npm run -s cluster -- up --sideways');
  assert.equal(code, 2);
  assert.match(err, /^npm run cluster -- COMMAND$/m);
  assert.match((await typed('npm run -s cluster -- down')).err, /^no cluster runs$/m);
});
