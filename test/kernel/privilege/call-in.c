/*
 * call-in PID: makes system calls inside a running process, by ptrace: they meet its own filter, its capabilities and its user,
 * as if its own code had made them. The process is of no use afterwards and is killed.
 *
 * Reads lines "NAME NUMBER ARGUMENT…"; an argument is a number or "'text", which is put into the process's memory, or
 * "@", the address of some bytes there. Answers each with "NAME RESULT": what the kernel returned, -errno where it failed.
 * With "-" for PID the calls are made in a child of its own that gave up nothing.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS 6
#define SCRATCH_BYTES 8192

#if defined(__x86_64__)
#define REGISTERS struct user_regs_struct
#define INSTRUCTION 2

static void prepare(REGISTERS *at, long number, const long *a) {
  at->orig_rax = (unsigned long)-1; /* nothing is restarted */
  at->rax = (unsigned long)number;
  at->rdi = (unsigned long)a[0], at->rsi = (unsigned long)a[1], at->rdx = (unsigned long)a[2];
  at->r10 = (unsigned long)a[3], at->r8 = (unsigned long)a[4], at->r9 = (unsigned long)a[5];
}
#define IS_CALL(word) (((word)&0xffff) == 0x050f) /* syscall */
#define PLACE(at) ((at).rip)
#define RESULT(at) ((long)(at).rax)
#elif defined(__aarch64__)
#define REGISTERS struct user_regs_struct
#define INSTRUCTION 4

static void prepare(REGISTERS *at, long number, const long *a) {
  at->regs[8] = (unsigned long)number;
  for (int i = 0; i < ARGUMENTS; i++) at->regs[i] = (unsigned long)a[i];
}
#define IS_CALL(word) (((word)&0xffffffff) == 0xd4000001) /* svc #0 */
#define PLACE(at) ((at).pc)
#define RESULT(at) ((long)(at).regs[0])
#endif

static pid_t process;
static REGISTERS stopped; /* just behind the instruction of the call that it waited in */

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void registers(int request, REGISTERS *at) {
  struct iovec all = {at, sizeof *at};
  if (ptrace(request, process, NT_PRSTATUS, &all) < 0) fail("registers");
}

/* Signals that come in between are dropped: a call that makes it a tracer brings some. */
static void run_to_call_stop(void) {
  int status;
  do {
    if (ptrace(PTRACE_SYSCALL, process, 0, 0) < 0) fail("PTRACE_SYSCALL");
    if (waitpid(process, &status, __WALL) < 0 || !WIFSTOPPED(status)) {
      fprintf(stderr, "ended with status %x\n", status);
      exit(1);
    }
  } while (WSTOPSIG(status) != (SIGTRAP | 0x80));
}

static long call(long number, const long *arguments) {
  REGISTERS at = stopped;
  PLACE(at) -= INSTRUCTION;
  prepare(&at, number, arguments);
  registers(PTRACE_SETREGSET, &at);
  run_to_call_stop(); /* at its entry */
  run_to_call_stop(); /* at its end */
  registers(PTRACE_GETREGSET, &at);
  return RESULT(at);
}

/* Where it waits in a system call, as a server mostly does. */
static void stop(void) {
  int status;
  for (int tries = 0; tries < 100; tries++) {
    if (ptrace(PTRACE_ATTACH, process, 0, 0) < 0) fail("PTRACE_ATTACH");
    if (waitpid(process, &status, __WALL) < 0) fail("waitpid");
    registers(PTRACE_GETREGSET, &stopped);
    long word = ptrace(PTRACE_PEEKTEXT, process, PLACE(stopped) - INSTRUCTION, 0);
    if (IS_CALL(word) && ptrace(PTRACE_SETOPTIONS, process, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD) == 0) return;
    ptrace(PTRACE_DETACH, process, 0, 0);
    usleep(20000);
  }
  fputs("it never waits in a call\n", stderr);
  exit(1);
}

static void put(unsigned long address, const char *text) {
  struct iovec from = {(void *)(uintptr_t)text, strlen(text) + 1}, to = {(void *)address, strlen(text) + 1};
  if (process_vm_writev(process, &from, 1, &to, 1, 0) < 0) fail("process_vm_writev");
}

static void serve(char *line, unsigned long scratch) {
  long arguments[ARGUMENTS] = {0};
  unsigned long free_at = scratch + SCRATCH_BYTES / 2;
  char *rest, *name = strtok_r(line, " \n", &rest), *number = strtok_r(NULL, " \n", &rest);
  if (!name || !number) return;
  for (int i = 0; i < ARGUMENTS; i++) {
    char *word = strtok_r(NULL, " \n", &rest);
    if (!word) break;
    if (*word == '@') arguments[i] = (long)scratch;
    else if (*word != '\'') arguments[i] = (long)strtoull(word, NULL, 0);
    else {
      put(free_at, word + 1);
      arguments[i] = (long)free_at;
      free_at += strlen(word) + 1;
    }
  }
  printf("%s %ld\n", name, call(atol(number), arguments));
}

/* The contrast: a child that holds all that this program holds. */
static pid_t unconfined(void) {
  pid_t pid = fork();
  if (pid == 0)
    for (;;) pause();
  usleep(50000);
  return pid;
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  process = strcmp(argv[1], "-") ? atoi(argv[1]) : unconfined();
  stop();
  static const long room[ARGUMENTS] = {0, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0};
  long scratch = call(SYS_mmap, room);
  if (scratch < 0 && scratch > -4096) return 1;
  char line[1024];
  while (fgets(line, sizeof line, stdin)) serve(line, (unsigned long)scratch);
  kill(process, SIGKILL);
  return fflush(stdout) == 0 ? 0 : 1;
}
