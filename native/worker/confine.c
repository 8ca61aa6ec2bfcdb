/* confine.c: capabilities, limits and privileges, given up before the worker listens to anyone. capabilities(7), landlock(7). */
#include "confine.h"

#include "../ebb.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t bits_of(uint32_t keep) {
  uint64_t bits = 0;
  if (keep & EBB_CAP_SYS_PTRACE) bits |= 1ull << CAP_SYS_PTRACE;
  if (keep & EBB_CAP_SYS_NICE) bits |= 1ull << CAP_SYS_NICE;
  if (keep & EBB_CAP_DAC_READ_SEARCH) bits |= 1ull << CAP_DAC_READ_SEARCH;
  return bits;
}

/* Needs CAP_SETPCAP; a pod's worker lacks it, and there no_new_privs alone keeps the rest out of reach. */
static void shrink_bounding_set(uint64_t keep) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
    if (!(keep >> capability & 1)) prctl(PR_CAPBSET_DROP, capability);
}

int confine__drop_capabilities(uint32_t keep_names) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[2];
  uint64_t keep = bits_of(keep_names);
  shrink_bounding_set(keep);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall(SYS_capget, &header, sets) < 0) return -errno;
  for (int half = 0; half < 2; half++) {
    uint32_t mask = (uint32_t)(keep >> (32 * half));
    sets[half].permitted &= mask;
    sets[half].effective = sets[half].permitted;
    sets[half].inheritable = 0;
  }
  return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

int confine__limit(void) {
  struct rlimit files, none = {0, 0};
  if (getrlimit(RLIMIT_NOFILE, &files) < 0) return -errno;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_CORE, &none) < 0) return -errno;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -errno;
  if (prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0) < 0) return -errno; /* ns: the pause between two chunks is 20 us */
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static void allow_writing_below(int ruleset, const char *folder) {
  struct landlock_path_beneath_attr below = {.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE, .parent_fd = open(folder, O_PATH | O_CLOEXEC)};
  if (below.parent_fd < 0) return;
  syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
  close(below.parent_fd);
}

int confine__enclose(const char *folder) {
  struct landlock_ruleset_attr handled = {.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0);
  if (ruleset < 0) return 0;
  allow_writing_below(ruleset, folder);
  int failed = syscall(SYS_landlock_restrict_self, ruleset, 0) < 0;
  close(ruleset);
  return !failed;
}
