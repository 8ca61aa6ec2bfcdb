/* filter-of PID N: writes a seccomp filter that the kernel runs for a process: 0 the one installed first. Needs SYS_ADMIN. */
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  static struct sock_filter steps[BPF_MAXINSNS];
  pid_t pid = argc == 3 ? atoi(argv[1]) : 0;
  if (ptrace(PTRACE_ATTACH, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) < 0) return perror("attach"), 1;
  long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, atol(argv[2]), steps);
  if (count < 0) perror("PTRACE_SECCOMP_GET_FILTER");
  ptrace(PTRACE_DETACH, pid, 0, 0);
  return count < 0 || fwrite(steps, sizeof *steps, (size_t)count, stdout) != (size_t)count;
}
