/** What this machine lacks for a level, each in one line that says what to do. */
import { readFileSync } from 'node:fs';
import { hasProgram } from '../../scripts/programs.ts';

/** Program → the Debian package that brings it. */
const packages: Readonly<Record<string, string>> = {
  gcc: 'gcc libc6-dev',
  make: 'make',
  clang: 'clang libclang-rt-dev',
  'musl-gcc': 'musl-tools',
  'aarch64-linux-gnu-gcc': 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  buildah: 'buildah',
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  zstd: 'zstd',
  xz: 'xz-utils',
  python3: 'python3',
  'mkfs.ext4': 'e2fsprogs',
  fsfreeze: 'util-linux',
  flock: 'util-linux',
  mkswap: 'util-linux',
  swapon: 'mount',
  openssl: 'openssl',
  setpriv: 'util-linux',
  strace: 'strace',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  ip: 'iproute2',
  'pkg-config': 'pkg-config',
  prometheus: 'prometheus',
  promtool: 'prometheus',
};

/** One line for all programs that are missing, or none. */
export function missingPackages(programs: readonly string[]): string[] {
  const missing = programs.filter((name) => !hasProgram(name));
  if (missing.length === 0) return [];
  const names = new Set(missing.flatMap((name) => (packages[name] ?? name).split(' ')));
  return [`no ${missing.join(', ')}: apt-get install --no-install-recommends ${[...names].join(' ')}`];
}

/** Numbers of linux/capability.h. */
const capabilities = { SYS_ADMIN: 21, SYS_NICE: 23, SYS_PTRACE: 19, DAC_READ_SEARCH: 2 } as const;

export function missingRights(): string[] {
  if (process.getuid?.() !== 0) return ['not root: run it as root'];
  const held = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`);
  const missing = Object.entries(capabilities).filter(([, bit]) => ((held >> BigInt(bit)) & 1n) === 0n);
  return missing.length > 0 ? [`no capability ${missing.map(([name]) => `CAP_${name}`).join(', ')}`] : [];
}
