/* origin.c: who we are: whether /proc speaks of our PID namespace, and whether a number is us or one of our ancestors. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_ANCESTORS 64

static int sample_of(int32_t pid, struct ebb_sample *out) {
  char path[32] = "/proc/";
  text__write_number((uint64_t)pid, path + 6);
  int dir = sys_openat(-1, path, O_RDONLY | O_DIRECTORY);
  if (dir < 0) return dir;
  int failed = sample__read(dir, out, NULL);
  sys_close(dir);
  return failed;
}

/* NSpid begins at the level of the /proc that is read: one level there means that it is ours. */
static int is_own_proc(int32_t self) {
  char link[16] = {0};
  struct ebb_sample sample;
  if (sys_readlinkat(-1, "/proc/self", link, sizeof link - 1) <= 0 || text__pid(link) != self) return 0;
  return sample_of(self, &sample) == 0 && sample.ns_depth == 1;
}

static int is_ancestor(int32_t pid, int32_t self) {
  struct ebb_sample sample;
  for (int i = 0; i < MAX_ANCESTORS && self > 0; i++) {
    if (self == pid) return 1;
    if (sample_of(self, &sample) < 0) return 0;
    self = sample.parent;
  }
  return 0;
}

uint32_t origin__check(int32_t pid) {
  int32_t self = getpid();
  if (!is_own_proc(self)) return EBB_WRONG_PID_NAMESPACE;
  return is_ancestor(pid, self) ? EBB_OWN_PROCESS : EBB_OK;
}
