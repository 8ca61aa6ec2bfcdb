/*
 * as-shipped: runs the worker of the image as its container does: root, with the capabilities that the chart gives and none
 * else from its first instruction on, and no_new_privs. The level `kernel` names it as EBB_WORKER.
 */
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(127);
}

/* charts/ebb/templates/agent/daemonset.yaml: the flag and the capability come together. */
static unsigned shipped(char **words) {
  unsigned keep = 1u << CAP_SYS_PTRACE | 1u << CAP_SYS_NICE;
  for (; *words; words++)
    if (!strcmp(*words, "--dac-read-search")) keep |= 1u << CAP_DAC_READ_SEARCH;
  return keep;
}

static void hold_only(unsigned keep) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2];
  for (int number = 0; prctl(PR_CAPBSET_READ, number) >= 0; number++)
    if (number > 31 || !(keep >> number & 1))
      if (prctl(PR_CAPBSET_DROP, number) < 0) fail("bounding set");
  if (syscall(SYS_capget, &header, sets) < 0) fail("capget");
  sets[0].permitted &= keep;
  sets[0].effective = sets[0].permitted;
  sets[1].permitted = sets[1].effective = sets[0].inheritable = sets[1].inheritable = 0;
  if (syscall(SYS_capset, &header, sets) < 0) fail("capset");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) fail("no_new_privs");
}

/* From where this program lies: the tree may be anywhere, also in a guest. */
static const char *worker(void) {
  static char path[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof WORKER - 1);
  if (length < 0) fail("/proc/self/exe");
  path[length] = 0;
  strcpy(strrchr(path, '/') + 1, WORKER);
  return path;
}

int main(int argc, char **argv) {
  (void)argc;
  hold_only(shipped(argv + 1));
  execv(worker(), argv);
  fail(worker());
}
