/**
 * Commands of the pages that test/e2e/docs does not run, each with why, and with the test that runs it where one does. A test
 * fails for an entry that no page needs.
 */
export type Elsewhere = {
  readonly command: RegExp;
  readonly why: string;
} /** Test, or what runs the tests → words of it that do what the command does. */ & (
  | { readonly by: Readonly<Record<string, string>> }
  /** Nobody runs it but people. */
  | { readonly noTest: true }
);

const asWord = 'names a command, of which this is a part';

export const elsewhere: readonly Elsewhere[] = [
  {
    command: /^(npm ci && )?npm run demo( -- --svg FILE)?$/,
    why: 'a demo of half a minute, on this machine',
    by: { 'test/runtime/demo.test.ts': 'demo/run.ts' },
  },
  {
    command: /^(npm ci && )?npm run demo:cluster$/,
    why: 'has a control plane of its own',
    by: { 'test/controlplane/demo.test.ts': 'demo/cluster/run.ts' },
  },
  { command: /^npm ci( && npm test)?$/, why: 'runs the tests, this one too', by: { '.ci/run': 'npm ci' } },
  {
    command: /^npm test -- |npm run test:\w+$/,
    why: 'runs the tests, this one too: with --list it says which',
    by: { 'test/unit/docs/levels.test.ts': 'npm test -- |npm run test:' },
  },
  {
    command: /npm run (-s )?controlplane -- /,
    why: 'a control plane for a person, and its end',
    by: { 'test/controlplane/command.test.ts': "'command.ts'), 'up'" },
  },
  {
    command: /npm run (-s )?cluster -- (up|down)\b|^export PATH="\$PWD\/bin:\$PATH"$/,
    why: 'a second cluster beside this one, and its end',
    by: { 'test/e2e/cluster/command.test.ts': 'gettingACluster()' },
  },
  {
    command: /^npm run cluster -- build$/,
    why: 'the level e2e begins with it',
    by: { 'test/levels/levels.ts': "'test/e2e/cluster/command.ts', 'build'" },
  },
  {
    command: /^(npm ci && )?npm run images$/,
    why: 'takes minutes',
    by: { 'test/runtime/images/contents.test.ts': 'npm run images' },
  },
  { command: /^npm run images -- --pin$/, why: 'pins in the tree what Debian has that day; by hand', noTest: true },
  {
    command: /^npm version VERSION --no-git-tag-version$/,
    why: 'changes the tree',
    by: { 'test/unit/scripts/release/npm-version.test.ts': "theCommand('docs/releasing.md', 'npm version VERSION')" },
  },
  {
    command: /^node --test test\/e2e\/limited-swap\//,
    why: 'runs beside this one',
    by: { 'test/e2e/limited-swap/limited-swap.test.ts': 'LimitedSwap' },
  },
  { command: /^sudo ebb probe$/, why: 'the tests are root', by: { 'test/kernel/cli/look.test.ts': "ebb(['probe'])" } },
  {
    command: /^npm run plugin$|^kubectl krew install /,
    why: 'builds 90 MB; krew has a place of its own',
    by: { 'test/controlplane/plugin/archives.test.ts': "'krew', 'install'" },
  },
  {
    command: /^source <\(kubectl ebb completion /,
    why: 'for a shell of a person',
    by: { 'test/controlplane/plugin/look.test.ts': 'offeredBy(shell' },
  },
  {
    command: /^npm run plugin -- --url URL$/,
    why: 'makes archives for a release',
    by: { 'test/controlplane/plugin/archives.test.ts': 'buildPlugin(' },
  },
  {
    command: /^npm run transcript$/,
    why: 'runs the quickstart on a cluster of its own',
    by: { 'test/e2e/quickstart.test.ts': 'runQuickstart(' },
  },
  {
    command: /^npm run docs$/,
    why: 'changes the tree',
    by: { 'test/unit/api/docs.test.ts': 'what npm run docs writes' },
  },
  {
    command: /^npm run crds$/,
    why: 'changes the tree',
    by: { 'test/unit/api/crds.test.ts': 'what npm run crds writes' },
  },
  {
    command: /^npm run bench -- (throughput|stall)\b/,
    why: 'a minute on a quiet machine: one round with little memory',
    by: { 'test/kernel/bench.test.ts': "theCommand('docs/performance.md', 'npm run bench -- throughput stall ')" },
  },
  {
    command: /^(GOGC=800 )?npm run bench( -- (agent|cluster))?$/,
    why: 'minutes on a quiet machine; by hand for performance.md',
    noTest: true,
  },
  {
    command: /^EBB_LONG=1 node --test /,
    why: 'the same test, for minutes',
    by: { 'test/controlplane/operator/faults-server.test.ts': 'EBB_LONG' },
  },
  {
    command: /^apt-get install systemd-zram-generator$|^printf .* > \/etc\/systemd\/zram-generator\.conf$/,
    why: 'for good: the test has the package and the file in a folder',
    by: { 'test/kernel/swap-page.test.ts': "said('printf ')" },
  },
  {
    command: /^systemctl (daemon-reload|start systemd-zram-setup@)/,
    why: 'no systemd runs there: the test runs the generator, then what the unit starts',
    by: { 'test/kernel/swap-page.test.ts': 'ExecStart' },
  },
  {
    command: /^modprobe zram$|^zramctl --find |^mkswap \/dev\/zram0 /,
    why: 'needs a machine of its own',
    by: { 'test/kernels/guest.test.ts': "theCommand('docs/swap.md'" },
  },
  {
    command: /^fallocate --length |^mkswap \/swapfile /,
    why: 'for good: the test has the file in a folder',
    by: { 'test/kernel/swap-page.test.ts': "said('fallocate ')" },
  },
  { command: /^ebb policy check$/, why: asWord, by: { 'test/unit/cli/policy-check.test.ts': 'runPolicyCheck(' } },
  {
    command: /^kubectl ebb completion fish \| source$/,
    why: 'is for another shell',
    by: { 'test/unit/cli/kubectl-ebb/completion.test.ts': 'fish' },
  },
  {
    command: /^helm install --take-ownership$/,
    why: asWord,
    by: { 'test/controlplane/chart/release.test.ts': '--take-ownership' },
  },
  { command: /^oc adm policy add-scc-to-user /, why: 'needs OpenShift, where nobody has tried it', noTest: true },
  {
    command: /^npm run release( -- --check)?$/,
    why: 'minutes',
    by: { 'test/runtime/images/release.test.ts': 'composeRelease(' },
  },
  {
    command: /^sha256sum --check SHA256SUMS$|^tar -xOf ebb-operator|^helm install ebb ebb-[\d.]+tgz /,
    why: 'in the folder of a release',
    by: { 'test/runtime/images/release.test.ts': "theCommand(page, 'tar -xOf ')" },
  },
  {
    command: /^(for program in operator node-agent worker; do\n {2})?ctr --namespace k8s.io images import /,
    why: 'on a node',
    by: {
      'test/runtime/images/pods.test.ts':
        "theCommand('docs/releasing.md', 'for program in operator node-agent worker; do",
    },
  },
  {
    command: /^(sed --in-place \S+|kubectl (apply|delete)) .*install\.yaml$/,
    why: 'in the folder of a release, on a cluster without Ebb',
    by: { 'test/controlplane/chart/manifests.test.ts': "theCommand(page, 'sed --in-place ')" },
  },
  {
    command: /^for program in operator node-agent worker; do\n {2}skopeo |^helm push /,
    why: 'needs a registry',
    by: { 'test/runtime/images/release.test.ts': 'skopeo ' },
  },
  {
    command: /^ebb agent --standalone --policies DIR$/,
    why: 'one agent acts on a machine, and that of the README runs',
    by: { 'test/kernel/agent/policies.test.ts': 'startAgent(' },
  },
];
