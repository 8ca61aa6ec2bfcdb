/** The two manifests of a release, for who uses kubectl alone: the API server takes them without a warning, kinds first. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { allKinds, renderInstall } from '../../../scripts/release/chart.ts';
import { chartFolder } from '../helm.ts';
import { ChartCluster } from './chart-cluster.ts';

test('crds.yaml and install.yaml are applied in one go, and once more without a change', async () => {
  await using cluster = await ChartCluster.start();
  const input = `${allKinds()}---\n${await renderInstall(chartFolder, join(cluster.plane.folder, 'helm'))}`;
  const apply = () => cluster.plane.kubectl(['apply', '--server-side', '-f', '-'], { input });
  const { code, out, err } = await apply();
  assert.deepEqual({ code, err }, { code: 0, err: '' });
  assert.match(out, /daemonset\.apps\/ebb-node-agent serverside-applied/);
  assert.match(out, /customresourcedefinition\S+\/memoryadvicepolicies\.ebb\.dev serverside-applied/);
  assert.equal((await apply()).code, 0);
  const { items } = await cluster.get('daemonsets,deployments', '--namespace', 'ebb-system');
  assert.deepEqual(items.map(({ metadata }) => metadata.name).toSorted(), ['ebb-node-agent', 'ebb-operator']);
});
