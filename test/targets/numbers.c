/*
 * numbers ADDRESS BYTES: makes processes with chosen numbers (clone3(2), set_tid), each with BYTES of checkable private
 * memory at ADDRESS, so that a number and an address mean one process now and another one a moment later. Commands, one
 * a line, each answered by one line ("ok ...", "error ERRNO WHAT"):
 *   take PID SEED   a process with that number; returns when its memory is filled
 *   give PID        kills and reaps it: the number is free
 *   zombie PID      kills it and leaves it unreaped
 *   exec PID SEED   it becomes a new program, with its own memory at the same address
 *   pages PID SEED  answers bytes present, bytes swapped, and pages that do not hold what was written
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul

static char *address;
static size_t bytes;
static int ready[2];
static volatile uint64_t *next_seed; /* shared with the children: what the next program fills its memory with */

static uint64_t word_of(uint64_t seed, size_t page) {
  return (seed + 1) * 0x9e3779b97f4a7c15ull ^ page;
}

static int fill(uint64_t seed) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(address, bytes, PROT_READ | PROT_WRITE, flags, -1, 0) != address) return -1;
  madvise(address, bytes, MADV_NOHUGEPAGE);
  for (size_t page = 0; page < bytes / PAGE; page++) *(uint64_t *)(address + page * PAGE) = word_of(seed, page);
  return 0;
}

static void become_new_program(int signal) {
  char at[32], size[32], seed[32], end[16];
  (void)signal;
  snprintf(at, sizeof at, "%lx", (unsigned long)address), snprintf(size, sizeof size, "%zu", bytes);
  snprintf(seed, sizeof seed, "%lu", (unsigned long)*next_seed), snprintf(end, sizeof end, "%d", ready[1]);
  char *words[] = {(char *)"numbers-child", at, size, seed, end, NULL};
  execv("/proc/self/exe", words);
  _exit(1);
}

static void live(uint64_t seed) {
  struct sigaction action = {.sa_handler = become_new_program, .sa_flags = SA_NODEFER};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sigaction(SIGUSR1, &action, NULL);
  if (fill(seed) || write(ready[1], "", 1) != 1) _exit(1);
  for (;;) pause();
}

static int wait_ready(void) {
  char byte;
  return read(ready[0], &byte, 1) == 1 ? 0 : -1;
}

static int take(pid_t pid, uint64_t seed) {
  pid_t numbers[1] = {pid};
  struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)numbers, .set_tid_size = 1};
  long child = syscall(SYS_clone3, &how, sizeof how);
  if (child == 0) live(seed);
  return child < 0 ? -1 : wait_ready();
}

static int zombie(pid_t pid) {
  siginfo_t info;
  return kill(pid, SIGKILL) || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) ? -1 : 0;
}

static int give(pid_t pid) {
  kill(pid, SIGKILL); /* a zombie is past that */
  return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int run_exec(pid_t pid, uint64_t seed) {
  *next_seed = seed;
  return kill(pid, SIGUSR1) ? -1 : wait_ready();
}

static uint64_t entry_of(int pagemap, size_t page) {
  uint64_t entry = 0;
  return pread(pagemap, &entry, 8, (off_t)(((uintptr_t)address / PAGE + page) * 8)) == 8 ? entry : 0;
}

static int holds(pid_t pid, size_t page, uint64_t seed) {
  uint64_t word = 0;
  struct iovec here = {&word, 8}, there = {address + page * PAGE, 8};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) == 8 && word == word_of(seed, page);
}

/* Where its pages are is looked at first: reading them brings them back. */
static int pages(pid_t pid, uint64_t seed, char *answer, size_t capacity) {
  char path[32];
  size_t present = 0, swapped = 0, broken = 0;
  snprintf(path, sizeof path, "/proc/%d/pagemap", pid);
  int pagemap = open(path, O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return -1;
  for (size_t page = 0; page < bytes / PAGE; page++) {
    uint64_t entry = entry_of(pagemap, page);
    present += entry >> 63, swapped += entry >> 62 & 1;
  }
  for (size_t page = 0; page < bytes / PAGE; page++) broken += !holds(pid, page, seed);
  close(pagemap);
  snprintf(answer, capacity, " %zu %zu %zu", present * PAGE, swapped * PAGE, broken);
  return 0;
}

static void run(const char *line) {
  char name[16], answer[96] = "";
  int pid = 0, failed = -1;
  unsigned long seed = 0;
  sscanf(line, "%15s %d %lu", name, &pid, &seed);
  errno = EINVAL;
  if (strcmp(name, "take") == 0) failed = take(pid, seed);
  if (strcmp(name, "give") == 0) failed = give(pid);
  if (strcmp(name, "zombie") == 0) failed = zombie(pid);
  if (strcmp(name, "exec") == 0) failed = run_exec(pid, seed);
  if (strcmp(name, "pages") == 0) failed = pages(pid, seed, answer, sizeof answer);
  if (failed) printf("error %d %s %d\n", errno, name, pid);
  else printf("ok%s\n", answer);
}

int main(int argc, char **argv) {
  char line[128];
  if (argc < 3) return 2;
  address = (char *)strtoul(argv[1], NULL, 16);
  bytes = strtoul(argv[2], NULL, 10);
  if (argc == 5) return ready[1] = atoi(argv[4]), live(strtoul(argv[3], NULL, 10)), 0; /* the new program of `exec` */
  next_seed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (next_seed == MAP_FAILED || pipe(ready)) return 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready %d %d\n", getpid(), getpid());
  while (fgets(line, sizeof line, stdin)) run(line);
  return 0;
}
