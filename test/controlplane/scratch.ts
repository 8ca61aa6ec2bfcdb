/**
 * The private folder of one control plane or cluster: keys, kubeconfigs, etcd's data, logs. A small process beside us
 * removes it when we let go of its standard input, so also when we are killed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';

export interface Scratch {
  readonly folder: string;
  remove(): Promise<void>;
}

/** The servers die a moment after our end of the pipe has closed, and may write until then. */
const removal = `read -r _
cgroups() { ls -d /sys/fs/cgroup"$1" /sys/fs/cgroup/*"$1"; }
for _ in $(seq 50); do
  [ -z "$1" ] || find $(cgroups "$1") -depth -type d -exec rmdir {} +
  rm -rf "$0" && { [ -z "$1" ] || [ -z "$(cgroups "$1")" ]; } && exit
  sleep 0.1
done
exit 1`;

/**
 * The folder must not be there. `cgroup` is removed from every hierarchy too. The remover is detached: Ctrl-C at a terminal
 * must not end it before its work.
 */
export function makeScratch(folder: string, cgroup = ''): Scratch {
  mkdirSync(folder, { mode: 0o700 });
  const remover = spawn('sh', ['-c', removal, folder, cgroup], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(remover, 'exit');
  remover.unref();
  (remover.stdin as Socket).unref();
  return {
    folder,
    async remove() {
      remover.ref();
      remover.stdin.end();
      await gone;
      rmSync(folder, { recursive: true, force: true }); // had somebody ended it before its time
    },
  };
}
