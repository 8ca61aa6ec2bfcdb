/*
 * probe.c: asks the kernel about each advice on a child of the worker's own, before the worker's filter stands:
 * MERGEABLE and UNMERGEABLE are asked here only and never of anyone else.
 */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HUGE_PAGE (2u << 20)

static const struct {
  uint32_t advice;
  const char *name;
} asked[PROBE_ADVICES] = {{EBB_COLD, "COLD"},         {EBB_WILLNEED, "WILLNEED"}, {EBB_COLLAPSE, "COLLAPSE"},
                          {EBB_PAGEOUT, "PAGEOUT"},   {12, "MERGEABLE"},          {13, "UNMERGEABLE"}};

/* Waits, holding its copy of the memory, until the worker closes the pipe. */
static _Noreturn void wait_for_end(const int ends[2]) {
  char byte;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close(ends[1]);
  while (read(ends[0], &byte, 1) < 0 && errno == EINTR) continue;
  _exit(0);
}

static int ask(int pidfd, void *memory, uint32_t advice) {
  struct iovec range = {.iov_base = memory, .iov_len = HUGE_PAGE};
  return syscall(SYS_process_madvise, pidfd, &range, 1, (int)advice, 0) < 0 ? errno : 0;
}

static void ask_all(pid_t pid, void *memory, struct ebb_probe out[PROBE_ADVICES]) {
  int pidfd = ebb_pidfd_open(pid);
  for (size_t i = 0; i < PROBE_ADVICES; i++) out[i].error = pidfd < 0 ? -pidfd : ask(pidfd, memory, asked[i].advice);
  if (pidfd >= 0) close(pidfd);
}

void probe__run(struct ebb_probe out[PROBE_ADVICES]) {
  int ends[2];
  memset(out, 0, PROBE_ADVICES * sizeof *out);
  for (size_t i = 0; i < PROBE_ADVICES; i++) {
    out[i].advice = asked[i].advice;
    out[i].error = ECHILD;
    strncpy(out[i].name, asked[i].name, sizeof out[i].name - 1);
  }
  char *block = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED || pipe(ends) < 0) return;
  char *memory = (char *)(((uintptr_t)block + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
  memory[0] = 1;
  pid_t pid = fork();
  if (pid == 0) wait_for_end(ends);
  if (pid > 0) ask_all(pid, memory, out);
  close(ends[0]);
  close(ends[1]);
  if (pid > 0) waitpid(pid, NULL, 0);
  munmap(block, 2 * HUGE_PAGE);
}
