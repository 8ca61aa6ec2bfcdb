/*
 * seccomp.c: the worker's own system call filter, as one readable table. Whatever is not in it answers EPERM; another
 * architecture's calls end the process. SYS_PTRACE and SYS_NICE would allow far more than Ebb needs: this takes it away.
 */
#include "seccomp.h"

#include "../ebb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kcmp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "no filter for this architecture"
#endif

enum condition {
  ALWAYS,
  WITHOUT, /* no bit of values[0] is set in the argument */
  ONE_OF,  /* the argument is one of values[] */
  EACH,    /* this argument and those after it are values[] */
  NO_SYS   /* not there: ENOSYS, so that libc takes its older way */
};

struct rule {
  int number;
  enum condition condition;
  unsigned argument;
  unsigned count;
  uint32_t values[4];
};

#define WRITING (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY))
#define BEYOND_FORK (~(uint32_t)(0xff | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID))
/* docs/kernel.md, ioctls: the sizes of the structs are part of the numbers. */
#define REQUEST_PIDFD_GET_INFO 0xc048ff0bu  /* _IOWR(0xFF, 11, 72 bytes) */
#define REQUEST_PROCMAP_QUERY 0xc0686611u   /* _IOWR('f', 17, 104 bytes) */
#define REQUEST_PAGEMAP_SCAN 0xc0606610u    /* _IOWR('f', 16, 96 bytes) */

/* test/kernel/privilege/calls.test.ts holds both tables to what is really called. */
static const struct rule worker_rules[] = {
    /* the work, hottest first */
    {SYS_process_madvise, ONE_OF, 3, 4, {EBB_WILLNEED, EBB_COLD, EBB_PAGEOUT, EBB_COLLAPSE}},
    {SYS_pread64, ALWAYS, 0, 0, {0}},
    {SYS_setitimer, ONE_OF, 0, 1, {ITIMER_REAL}},
    {SYS_ppoll, ALWAYS, 0, 0, {0}},
    {SYS_ioctl, ONE_OF, 1, 3, {REQUEST_PAGEMAP_SCAN, REQUEST_PROCMAP_QUERY, REQUEST_PIDFD_GET_INFO}},
    {SYS_openat, WITHOUT, 2, 1, {WRITING}},
    {SYS_close, ALWAYS, 0, 0, {0}},
    {SYS_fstat, ALWAYS, 0, 0, {0}},
    {SYS_newfstatat, ALWAYS, 0, 0, {0}},
    {SYS_getdents64, ALWAYS, 0, 0, {0}},
    {SYS_readlinkat, ALWAYS, 0, 0, {0}},
    {SYS_pidfd_open, ALWAYS, 0, 0, {0}},
    {SYS_kcmp, ONE_OF, 2, 1, {KCMP_VM}},
    {SYS_sched_yield, ALWAYS, 0, 0, {0}},
    {SYS_capget, ALWAYS, 0, 0, {0}},
    /* talking */
    {SYS_recvfrom, ALWAYS, 0, 0, {0}},
    {SYS_sendto, ALWAYS, 0, 0, {0}},
    {SYS_sendmsg, ALWAYS, 0, 0, {0}},
    {SYS_accept4, ALWAYS, 0, 0, {0}},
    {SYS_getsockopt, ONE_OF, 2, 1, {SO_PEERCRED}},
    {SYS_socketpair, EACH, 0, 2, {AF_UNIX, SOCK_STREAM}}, /* a datagram may be sent to any socket that has a name */
    /* sessions: fork, nothing shared, no namespace of its own */
    {SYS_clone, WITHOUT, 0, 1, {BEYOND_FORK}},
    {SYS_clone3, NO_SYS, 0, 0, {0}},
    {SYS_wait4, ALWAYS, 0, 0, {0}},
    {SYS_prctl, ONE_OF, 0, 1, {PR_SET_PDEATHSIG}},
    {SYS_getpid, ALWAYS, 0, 0, {0}},
    {SYS_getppid, ALWAYS, 0, 0, {0}},
    {SYS_gettid, ALWAYS, 0, 0, {0}},
    {SYS_set_tid_address, ALWAYS, 0, 0, {0}},
    {SYS_set_robust_list, ALWAYS, 0, 0, {0}},
    {SYS_exit_group, ALWAYS, 0, 0, {0}},
    /* what libc needs: time, signals, memory that is never executable */
    {SYS_clock_gettime, ALWAYS, 0, 0, {0}},
    {SYS_clock_nanosleep, ALWAYS, 0, 0, {0}},
    {SYS_rt_sigaction, ALWAYS, 0, 0, {0}},
    {SYS_rt_sigprocmask, ALWAYS, 0, 0, {0}},
    {SYS_restart_syscall, ALWAYS, 0, 0, {0}},
    {SYS_brk, ALWAYS, 0, 0, {0}},
    {SYS_mmap, WITHOUT, 2, 1, {PROT_EXEC}},
    {SYS_mprotect, WITHOUT, 2, 1, {PROT_EXEC}},
    {SYS_munmap, ALWAYS, 0, 0, {0}},
    {SYS_mremap, ALWAYS, 0, 0, {0}},
#if defined(__x86_64__)
    {SYS_poll, ALWAYS, 0, 0, {0}},
    {SYS_fork, ALWAYS, 0, 0, {0}},
    {SYS_stat, ALWAYS, 0, 0, {0}},
    {SYS_lstat, ALWAYS, 0, 0, {0}},
#endif
};

/* Opens for writing, and holds no capability that would make that dangerous. */
static const struct rule reclaimer_rules[] = {
    {SYS_openat, WITHOUT, 2, 1, {O_CREAT | O_TRUNC}},
    {SYS_read, ALWAYS, 0, 0, {0}},
    {SYS_write, ALWAYS, 0, 0, {0}},
    {SYS_close, ALWAYS, 0, 0, {0}},
    {SYS_fstat, ALWAYS, 0, 0, {0}},
    {SYS_fstatfs, ALWAYS, 0, 0, {0}},
    {SYS_newfstatat, ALWAYS, 0, 0, {0}},
    {SYS_recvfrom, ALWAYS, 0, 0, {0}},
    {SYS_sendto, ALWAYS, 0, 0, {0}},
    {SYS_brk, ALWAYS, 0, 0, {0}},
    {SYS_mmap, WITHOUT, 2, 1, {PROT_EXEC}},
    {SYS_munmap, ALWAYS, 0, 0, {0}},
    {SYS_exit_group, ALWAYS, 0, 0, {0}},
    {SYS_restart_syscall, ALWAYS, 0, 0, {0}},
#if defined(__x86_64__)
    {SYS_poll, ALWAYS, 0, 0, {0}},
#else
    {SYS_ppoll, ALWAYS, 0, 0, {0}},
#endif
};

#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ANSWER(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define MAX_PROGRAM 512

struct program {
  struct sock_filter steps[MAX_PROGRAM];
  unsigned short length;
};

static void add(struct program *program, struct sock_filter step) {
  program->steps[program->length++] = step;
}

/* Low half of an argument: every argument tested here is an int to the kernel. Little-endian. */
static unsigned argument_offset(unsigned argument) {
  return (unsigned)(offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t));
}

static void add_one_of(struct program *program, const struct rule *rule) {
  add(program, (struct sock_filter)LOAD(argument_offset(rule->argument)));
  for (unsigned i = 0; i < rule->count; i++) {
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->values[i], 0, 1));
    add(program, (struct sock_filter)ALLOW);
  }
  add(program, (struct sock_filter)ANSWER(EPERM));
}

static void add_each(struct program *program, const struct rule *rule) {
  for (unsigned i = 0; i < rule->count; i++) {
    add(program, (struct sock_filter)LOAD(argument_offset(rule->argument + i)));
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rule->values[i], 1, 0));
    add(program, (struct sock_filter)ANSWER(EPERM));
  }
  add(program, (struct sock_filter)ALLOW);
}

static void add_without(struct program *program, const struct rule *rule) {
  add(program, (struct sock_filter)LOAD(argument_offset(rule->argument)));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, rule->values[0], 1, 0));
  add(program, (struct sock_filter)ALLOW);
  add(program, (struct sock_filter)ANSWER(EPERM));
}

/* Each rule's block ends by itself: the number of the call stays loaded for the next rule. */
static void add_rule(struct program *program, const struct rule *rule) {
  unsigned short test = program->length;
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->number, 0, 0));
  if (rule->condition == ONE_OF) add_one_of(program, rule);
  else if (rule->condition == EACH) add_each(program, rule);
  else if (rule->condition == WITHOUT) add_without(program, rule);
  else if (rule->condition == NO_SYS) add(program, (struct sock_filter)ANSWER(ENOSYS));
  else add(program, (struct sock_filter)ALLOW);
  program->steps[test].jf = (uint8_t)(program->length - test - 1);
}

static void compile(struct program *program, const struct rule *rules, size_t count) {
  add(program, (struct sock_filter)LOAD(offsetof(struct seccomp_data, arch)));
  add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0));
  add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  add(program, (struct sock_filter)LOAD(offsetof(struct seccomp_data, nr)));
  for (size_t i = 0; i < count; i++) add_rule(program, &rules[i]);
  add(program, (struct sock_filter)ANSWER(EPERM));
}

int seccomp__install(enum seccomp_role role) {
  static struct program program;
  program.length = 0;
  if (role == SECCOMP_WORKER) compile(&program, worker_rules, sizeof worker_rules / sizeof *worker_rules);
  else compile(&program, reclaimer_rules, sizeof reclaimer_rules / sizeof *reclaimer_rules);
  struct sock_fprog filter = {.len = program.length, .filter = program.steps};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0 ? -errno : 0;
}
