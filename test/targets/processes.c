/* Commands about the process itself: children of every kind, exec, a leader that exits, identity, what it holds. */
#include "target.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for_ever(void *argument) {
  (void)argument;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
  return 0;
}

/* fork [COUNT]: children that share every page copy-on-write and sleep; answers their PIDs. */
static int run_fork(struct command *c) {
  size_t used = 0;
  for (uint64_t i = size_argument(c, 1, 1); i > 0; i--) {
    pid_t child = fork();
    if (child < 0) return refuse(c, "fork");
    if (child == 0) wait_for_ever(NULL);
    if (used < sizeof c->answer - 16) used += (size_t)sprintf(c->answer + used, "%s%d", used ? " " : "", child);
  }
  return 0;
}

/* fork-dirty ID: a child that writes the region, so that it has pages of its own; answers its PID. */
static int run_fork_dirty(struct command *c) {
  char *start;
  size_t length;
  int ends[2], result = part(c, &start, &length);
  if (result || pipe(ends)) return result ? result : refuse(c, "pipe");
  pid_t child = fork();
  if (child == 0) {
    fill_pages(region_of(c, 1), 0, length);
    (void)!write(ends[1], "", 1);
    wait_for_ever(NULL);
  }
  char byte;
  close(ends[1]);
  (void)!read(ends[0], &byte, 1);
  close(ends[0]);
  return child < 0 ? refuse(c, "fork") : say(c, "%d", child);
}

static int clone_child(struct command *c, int flags) {
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return refuse(c, "mmap");
  int child = clone(wait_for_ever, stack + 65536, flags | SIGCHLD, NULL);
  return child < 0 ? refuse(c, "clone") : say(c, "%d", child);
}

/* clonevm: another process on the same address space; answers its PID. */
static int run_clonevm(struct command *c) { return clone_child(c, CLONE_VM); }

static void *vfork_body(void *argument) {
  pid_t *child = argument;
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  clone(wait_for_ever, stack + 65536, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD, NULL, child);
  return NULL;
}

/* vfork: a child that has not called exec yet, its parent thread waiting; answers its PID. */
static int run_vfork(struct command *c) {
  static volatile pid_t child;
  pthread_t thread;
  child = 0;
  if ((errno = pthread_create(&thread, NULL, vfork_body, (void *)&child))) return refuse(c, "pthread_create");
  for (int tries = 0; child == 0 && tries < 1000; tries++) usleep(1000);
  return say(c, "%d", child);
}

/* exec [ARGUMENTS]: becomes a new program on the same pipes, which says "ready" again. */
static int run_exec(struct command *c) {
  char *words[20] = {(char *)"target-again"};
  for (int i = 1; i < c->argc; i++) words[i] = c->argv[i];
  execv("/proc/self/exe", words);
  return refuse(c, "execv");
}

static void *serve_body(void *argument) {
  (void)argument;
  usleep(20000);
  serve(serve_in, serve_out);
  _exit(0);
}

/* leader-exit: the first thread exits, another one goes on serving. */
static int run_leader_exit(struct command *c) {
  pthread_t thread;
  if ((errno = pthread_create(&thread, NULL, serve_body, NULL))) return refuse(c, "pthread_create");
  (void)!write(serve_out, "ok\n", 3);
  syscall(SYS_exit, 0);
  return 0;
}

/* zombie: a child that has exited and is not reaped; answers its PID. */
static int run_zombie(struct command *c) {
  pid_t child = fork();
  siginfo_t gone;
  if (child == 0) _exit(0);
  if (child < 0 || waitid(P_PID, (id_t)child, &gone, WEXITED | WNOWAIT)) return refuse(c, "fork");
  return say(c, "%d", child);
}

/* comm HEX: sets the name to those bytes. */
static int run_comm(struct command *c) {
  char name[16] = {0};
  const char *hex = text_argument(c, 1, "");
  for (size_t i = 0; i < 15 && hex[2 * i] && hex[2 * i + 1]; i++) {
    unsigned byte;
    sscanf(hex + 2 * i, "%2x", &byte);
    name[i] = (char)byte;
  }
  return prctl(PR_SET_NAME, name) ? refuse(c, "PR_SET_NAME") : 0;
}

static int run_dumpable(struct command *c) {
  return prctl(PR_SET_DUMPABLE, size_argument(c, 1, 0)) ? refuse(c, "PR_SET_DUMPABLE") : 0;
}

static int run_setuid(struct command *c) {
  uid_t uid = (uid_t)size_argument(c, 1, 65534);
  if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) return refuse(c, "setresuid");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return 0;
}

/* pin ID [OFFSET LENGTH]: registers the part as an io_uring buffer, which pins its pages. */
static int run_pin(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result) return result;
  struct io_uring_params parameters = {0};
  struct iovec buffer = {start, length};
  int ring = (int)syscall(SYS_io_uring_setup, 1, &parameters);
  if (ring < 0) return refuse(c, "io_uring_setup");
  if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1)) return refuse(c, "io_uring_register");
  return 0;
}

/* share ID [OFFSET LENGTH]: maps shared memory over the part and writes it, so that a plan made before means something else. */
static int run_share(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result) return result;
  void *mapped = mmap(start, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) return refuse(c, "mmap");
  fill_pages(region_of(c, 1), size_argument(c, 2, 0), length);
  return 0;
}

/* trace PID: is its debugger from now on, without stopping it, until we end. */
static int run_trace(struct command *c) {
  return ptrace(PTRACE_SEIZE, (pid_t)size_argument(c, 1, 0), NULL, NULL) ? refuse(c, "PTRACE_SEIZE") : 0;
}

static unsigned long field(const char *status, const char *name) {
  const char *line = strstr(status, name);
  return line ? strtoul(line + strlen(name), NULL, 10) * 1024 : 0;
}

/* rss: answers RssAnon, VmSwap, RssShmem, RssFile, VmLck and VmPin in bytes. */
static int run_rss(struct command *c) {
  static char status[8192];
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return refuse(c, "status");
  status[fread(status, 1, sizeof status - 1, file)] = 0;
  fclose(file);
  return say(c, "%lu %lu %lu %lu %lu %lu", field(status, "RssAnon:"), field(status, "VmSwap:"), field(status, "RssShmem:"),
             field(status, "RssFile:"), field(status, "VmLck:"), field(status, "VmPin:"));
}

static int run_pid(struct command *c) { return say(c, "%d", getpid()); }
static int run_kill(struct command *c) { return kill((pid_t)size_argument(c, 1, 0), SIGKILL) ? refuse(c, "kill") : 0; }

static int run_exit(struct command *c) {
  (void)!write(serve_out, "ok\n", 3);
  _exit((int)size_argument(c, 1, 0));
}

const struct entry process_commands[] = {
    {"fork", run_fork},     {"fork-dirty", run_fork_dirty}, {"clonevm", run_clonevm},   {"vfork", run_vfork},
    {"exec", run_exec},     {"leader-exit", run_leader_exit}, {"zombie", run_zombie},   {"comm", run_comm},
    {"dumpable", run_dumpable}, {"setuid", run_setuid},     {"pin", run_pin},           {"rss", run_rss},
    {"pid", run_pid},       {"kill", run_kill},             {"exit", run_exit},         {"trace", run_trace},
    {"share", run_share},   {NULL, NULL},
};
