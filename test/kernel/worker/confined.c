/*
 * confined: a child of it confines itself as the worker does, then tries what the worker must not do. One line a try, NAME
 * ERRNO, in memory that its parent prints: the child may not write.
 */
#include "../../../native/worker/confine.h"
#include "../../../native/worker/seccomp.h"

#include "../../../native/ebb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWERS_BYTES 16384

static char line[64];
static char *answers; /* shared with the parent */

static void tell(const char *name, long answer) {
  size_t at = strlen(answers);
  snprintf(answers + at, ANSWERS_BYTES - at, "%s %d\n", name, answer < 0 ? errno : 0);
}

#define TRY(name, ...) (errno = 0, tell(name, syscall(__VA_ARGS__)))

static void try_files(void) {
  TRY("openat:read", SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC);
  TRY("openat:directory", SYS_openat, AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
  TRY("openat:write", SYS_openat, AT_FDCWD, "/proc/self/mem", O_WRONLY);
  TRY("openat:readwrite", SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR);
  TRY("openat:create", SYS_openat, AT_FDCWD, "/tmp/ebb-confined", O_RDONLY | O_CREAT, 0600);
  TRY("openat:truncate", SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_TRUNC);
  TRY("openat:append", SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_APPEND);
  TRY("openat:tmpfile", SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0600);
  TRY("openat2", SYS_openat2, AT_FDCWD, "/dev/null", NULL, 0);
  TRY("open_by_handle_at", SYS_open_by_handle_at, 0, NULL, 0);
  TRY("name_to_handle_at", SYS_name_to_handle_at, 0, "", NULL, NULL, 0);
  TRY("unlinkat", SYS_unlinkat, AT_FDCWD, "/nowhere", 0);
  TRY("fchmodat", SYS_fchmodat, AT_FDCWD, "/nowhere", 0777);
  TRY("mount", SYS_mount, NULL, NULL, NULL, 0, NULL);
  TRY("chroot", SYS_chroot, "/");
  TRY("memfd_create", SYS_memfd_create, "x", 0);
  TRY("read", SYS_read, 0, line, 0);
  TRY("write", SYS_write, 1, "", 0);
  TRY("pwrite64", SYS_pwrite64, 1, "", 0, 0);
#if defined(__x86_64__)
  TRY("open", SYS_open, "/dev/null", O_RDONLY);
  TRY("creat", SYS_creat, "/tmp/ebb-confined", 0600);
#endif
}

static void try_processes(void) {
  struct iovec page = {.iov_base = line, .iov_len = 1};
  TRY("execve", SYS_execve, "/bin/true", NULL, NULL);
  TRY("execveat", SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0);
  TRY("ptrace", SYS_ptrace, PTRACE_ATTACH, getppid(), 0, 0);
  TRY("process_vm_readv", SYS_process_vm_readv, getpid(), &page, 1, &page, 1, 0);
  TRY("process_vm_writev", SYS_process_vm_writev, getpid(), &page, 1, &page, 1, 0);
  TRY("pidfd_getfd", SYS_pidfd_getfd, 0, 0, 0);
  TRY("pidfd_send_signal", SYS_pidfd_send_signal, 0, 0, NULL, 0);
  TRY("kill", SYS_kill, getpid(), 0);
  TRY("tgkill", SYS_tgkill, getpid(), getpid(), 0);
  TRY("setns", SYS_setns, 0, 0);
  TRY("unshare", SYS_unshare, CLONE_NEWUSER);
  TRY("clone:newuser", SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  TRY("clone:thread", SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0);
  TRY("clone3", SYS_clone3, NULL, 0);
  TRY("kcmp:file", SYS_kcmp, getpid(), getpid(), 0, 0, 0);
  TRY("kcmp:vm", SYS_kcmp, getpid(), getpid(), 1, 0, 0);
  TRY("prctl:name", SYS_prctl, PR_SET_NAME, "x", 0, 0, 0);
  TRY("prctl:dumpable", SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
  TRY("setpriority", SYS_setpriority, 0, 0, 0);
  TRY("sched_setscheduler", SYS_sched_setscheduler, 0, 0, NULL);
  TRY("setuid", SYS_setuid, 0);
  TRY("capset", SYS_capset, NULL, NULL);
  TRY("seccomp", SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL);
}

static void try_kernel(void) {
  int pair[2];
  TRY("bpf", SYS_bpf, 0, NULL, 0);
  TRY("io_uring_setup", SYS_io_uring_setup, 1, NULL);
  TRY("userfaultfd", SYS_userfaultfd, 0);
  TRY("perf_event_open", SYS_perf_event_open, NULL, 0, 0, 0, 0);
  TRY("keyctl", SYS_keyctl, 0, 0, 0, 0, 0);
  TRY("init_module", SYS_init_module, NULL, 0, "");
  TRY("reboot", SYS_reboot, 0, 0, 0, NULL);
  TRY("socket", SYS_socket, AF_INET, SOCK_STREAM, 0);
  TRY("socketpair:datagram", SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, pair);
  TRY("socketpair:packets", SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
  TRY("socketpair:inet", SYS_socketpair, AF_INET, SOCK_STREAM, 0, NULL);
  TRY("recvmsg", SYS_recvmsg, 0, NULL, 0);
  TRY("connect", SYS_connect, 0, NULL, 0);
  TRY("bind", SYS_bind, 0, NULL, 0);
  TRY("ioctl:tty", SYS_ioctl, 0, TIOCSTI, line);
  TRY("mmap:exec", SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* A pair is what it may have, and it carries nothing to anywhere else. */
static void try_sending(void) {
  static struct sockaddr_un elsewhere = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/dev-log"};
  int pair[2];
  struct iovec byte = {.iov_base = line, .iov_len = 1};
  struct msghdr message = {.msg_name = &elsewhere, .msg_namelen = sizeof elsewhere, .msg_iov = &byte, .msg_iovlen = 1};
  TRY("socketpair:stream", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
  TRY("sendto:pair", SYS_sendto, pair[0], line, 1, 0, NULL, 0);
  TRY("sendto:elsewhere", SYS_sendto, pair[0], line, 1, 0, &elsewhere, sizeof elsewhere);
  TRY("sendmsg:elsewhere", SYS_sendmsg, pair[0], &message, 0);
}

static void try_advice(int self) {
  static const struct {
    const char *name;
    int advice;
  } all[] = {{"advise:COLD", 20},      {"advise:PAGEOUT", 21}, {"advise:WILLNEED", 3}, {"advise:DONTNEED", 4}, {"advise:FREE", 8},
             {"advise:MERGEABLE", 12}, {"advise:HUGEPAGE", 14}, {"advise:POISON", 100}};
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct iovec range = {.iov_base = page, .iov_len = 4096};
  *page = 1;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) TRY(all[i].name, SYS_process_madvise, self, &range, 1, all[i].advice, 0);
  TRY("mprotect:exec", SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
}

/* The filter is inherited, and a call of another architecture ends the process that makes it. */
static void try_children(void) {
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) _exit(syscall(SYS_unshare, CLONE_NEWUSER) < 0 && errno == EPERM ? 0 : 1);
  waitpid(pid, &status, 0);
  tell("fork", pid);
  errno = status;
  tell("child:unshare", status ? -1 : 0);
#if defined(__x86_64__)
  if ((pid = fork()) == 0) {
    __asm__ volatile("int $0x80" : : "a"(20) : "memory"); /* getpid of i386 */
    _exit(0);
  }
  waitpid(pid, &status, 0);
  errno = WTERMSIG(status);
  tell("i386", WIFSIGNALED(status) ? -1 : 0);
#endif
}

static void try_all(void) {
  int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
  if (confine__limit() < 0 || confine__drop_capabilities(EBB_CAP_SYS_PTRACE | EBB_CAP_SYS_NICE) < 0 || seccomp__install(SECCOMP_WORKER) < 0) _exit(1);
  try_files();
  try_processes();
  try_kernel();
  try_sending();
  try_advice(self);
  try_children();
  _exit(0);
}

int main(void) {
  int status = 0;
  answers = mmap(NULL, ANSWERS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid = fork();
  if (pid == 0) try_all();
  waitpid(pid, &status, 0);
  fputs(answers, stdout);
  return fflush(stdout) || status ? 1 : 0;
}
