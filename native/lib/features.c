/* features.c: what this kernel can do, found by trying it on ourselves once. */
#include "internal.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int has_pagemap_scan(void) {
  struct pagemap_scan scan = {.size = sizeof scan, .anyof = EBB_PAGE_PRESENT, .returned = EBB_PAGE_PRESENT};
  int fd = sys_openat(-1, "/proc/self/pagemap", O_RDONLY);
  if (fd < 0) return 0;
  ssize_t answer = sys_pagemap_scan(fd, &scan); /* an empty range */
  sys_close(fd);
  return answer >= 0;
}

static int has_procmap_query(void) {
  struct procmap_facts facts = {.size = sizeof facts, .query_flags = 0x10};
  int fd = sys_openat(-1, "/proc/self/maps", O_RDONLY);
  if (fd < 0) return 0;
  int answer = sys_procmap_query(fd, &facts);
  sys_close(fd);
  return answer >= 0;
}

static int has_pidfd_info(int pidfd) {
  struct pidfd_facts facts = {.mask = 1};
  return sys_pidfd_get_info(pidfd, &facts) >= 0 && facts.pid != 0;
}

/* Before pidfs (6.9) every pidfd was the same anonymous inode; their links still say so. PID 1 is another process than
 * we unless we are it. */
static int has_pidfs(int pidfd) {
  uint64_t own = 0, other = 0;
  int init = sys_pidfd_open(1);
  if (init < 0) return 0;
  int failed = sys_fstatat_inode(pidfd, "", &own) < 0 || sys_fstatat_inode(init, "", &other) < 0;
  sys_close(init);
  return !failed && own != other;
}

static uint32_t probe(void) {
  uint32_t found = 0;
  int pidfd = sys_pidfd_open(getpid());
  if (has_pagemap_scan()) found |= EBB_FEATURE_PAGEMAP_SCAN;
  if (has_procmap_query()) found |= EBB_FEATURE_PROCMAP_QUERY;
  if (pidfd < 0) return found;
  if (has_pidfd_info(pidfd)) found |= EBB_FEATURE_PIDFD_INFO;
  if (has_pidfs(pidfd)) found |= EBB_FEATURE_PIDFS_INODE;
  sys_close(pidfd);
  return found;
}

#ifdef EBB_TEST
uint32_t ebb_test_without; /* features that a test pretends are missing */
#define WITHOUT ebb_test_without
#else
#define WITHOUT 0u
#endif

uint32_t ebb_features(void) {
  static _Atomic uint32_t known; /* found bits, and the highest bit for "probed" */
  if (!known) known = probe() | 1u << 31;
  return known & ~(1u << 31 | WITHOUT);
}
