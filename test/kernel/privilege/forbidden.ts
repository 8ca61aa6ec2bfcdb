/** Calls that no part of Ebb needs, as `call-in` makes them. `victim`: a process of another user, and one of root. */
import { type Call, scratch } from './tools.ts';

const here = -100; // AT_FDCWD
const none = -1;

/** With harmless arguments: who is allowed to make the call gets another answer than EPERM. */
export const forbiddenCalls = (victim: number): readonly Call[] => [
  ...intoProcesses(victim),
  ...toFiles(victim),
  ...toItself,
  ...toTheKernel,
];

const of = (call: string, ...words: (number | string)[]): Call => ({ name: call, call, arguments: words });
const named = (name: string, call: string, ...words: (number | string)[]): Call => ({ name, call, arguments: words });

const intoProcesses = (victim: number): readonly Call[] => [
  of('ptrace', 0x4206, victim, 0, 0),
  of('process_vm_readv', victim, scratch, 1, scratch, 1, 0),
  of('process_vm_writev', victim, scratch, 1, scratch, 1, 0),
  named('memory:write', 'openat', here, `/proc/${victim}/mem`, 1),
  named('memory:readwrite', 'openat', here, `/proc/${victim}/mem`, 2),
  named('memory:openat2', 'openat2', here, `/proc/${victim}/mem`, scratch, 24),
  of('pidfd_getfd', none, 0, 0),
  of('pidfd_send_signal', none, 0, 0, 0),
  of('kill', victim, 0),
  of('tkill', victim, 0),
  of('tgkill', victim, victim, 0),
  of('prlimit64', 0, 7, 0, 0),
  of('setpriority', 0, victim, 0),
  of('ioprio_set', 1, victim, 0x6000),
  of('sched_setaffinity', victim, 0, scratch),
  of('sched_setscheduler', victim, 0, scratch),
  of('move_pages', victim, 0, 0, 0, 0, 0),
  of('process_mrelease', none, 0),
  named('kcmp:file', 'kcmp', victim, victim, 0, 0, 0),
  named('advise:DONTNEED', 'process_madvise', none, scratch, 1, 4, 0),
  named('advise:FREE', 'process_madvise', none, scratch, 1, 8, 0),
  named('advise:MERGEABLE', 'process_madvise', none, scratch, 1, 12, 0),
];

const toFiles = (victim: number): readonly Call[] => [
  of('open_by_handle_at', here, scratch, 0),
  of('name_to_handle_at', here, '/nowhere', scratch, scratch, 0),
  named('create', 'openat', here, '/nowhere/file', 0o101, 0o600),
  of('unlinkat', here, '/nowhere', 0),
  of('renameat2', here, '/nowhere', here, '/nowhere', 0),
  of('mkdirat', here, '/nowhere/folder', 0o700),
  of('symlinkat', '/nowhere', here, '/nowhere/link'),
  of('fchmodat', here, '/nowhere', 0o777),
  of('fchownat', here, '/nowhere', 0, 0, 0),
  of('truncate', '/nowhere', 0),
  of('setxattr', '/nowhere', 'user.x', scratch, 0, 0),
  of('mount', '/nowhere', '/nowhere', 'tmpfs', 0, 0),
  of('umount2', '/nowhere', 0),
  of('move_mount', none, '/nowhere', none, '/nowhere', 0),
  of('open_tree', here, '/nowhere', 0),
  of('pivot_root', '/nowhere', '/nowhere'),
  of('chroot', '/'),
  of('read', 0, scratch, 0),
  of('write', none, scratch, 0),
  of('pwrite64', none, scratch, 0, 0),
  named('open', 'open', `/proc/${victim}/mem`, 2),
  named('creat', 'creat', '/nowhere/file', 0o600),
];

const toItself: readonly Call[] = [
  of('execve', '/nowhere', 0, 0),
  of('execveat', here, '/nowhere', 0, 0, 0),
  named('unshare:mounts', 'unshare', 0x20000),
  of('setns', none, 0),
  of('clone3', 0, 0),
  named('memory:executable', 'mmap', 0, 4096, 5, 0x22, none, 0),
  named('prctl:name', 'prctl', 15, 'x', 0, 0, 0),
  named('prctl:dumpable', 'prctl', 4, 1, 0, 0, 0),
  of('setuid', 0),
  of('setgid', 0),
  of('setresuid', none, none, none),
  of('capset', scratch, scratch),
  of('seccomp', 2, 0, scratch),
  of('personality', 0xffffffff),
  of('memfd_create', 'x', 0),
  of('recvmsg', none, scratch, 0),
  named('dup', 'fcntl', none, 0, 0),
];

const toTheKernel: readonly Call[] = [
  named('socket:inet', 'socket', 2, 1, 0),
  named('socket:netlink', 'socket', 16, 3, 0),
  named('socket:packet', 'socket', 17, 3, 0),
  named('socketpair:datagram', 'socketpair', 1, 2, 0, scratch),
  named('socketpair:packets', 'socketpair', 1, 5, 0, scratch),
  named('socketpair:netlink', 'socketpair', 16, 1, 0, scratch),
  of('connect', none, scratch, 0),
  of('bind', none, scratch, 0),
  of('bpf', 0, scratch, 0),
  of('io_uring_setup', 1, scratch),
  of('userfaultfd', 0),
  of('perf_event_open', scratch, 0, none, none, 0),
  of('keyctl', 0, none, 0, 0, 0),
  of('init_module', scratch, 0, ''),
  of('finit_module', none, '', 0),
  of('kexec_load', 0, 0, 0, 0xffff),
  of('reboot', 0, 0, 0, 0),
  of('swapon', '/nowhere', 0),
  of('swapoff', '/nowhere'),
  of('sethostname', scratch, none),
  of('clock_settime', none, scratch),
  of('settimeofday', 0, 0),
  named('terminal', 'ioctl', none, 0x5412, scratch),
];
