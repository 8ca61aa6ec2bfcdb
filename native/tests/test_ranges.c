/* What the library answers for every kind of range: docs/kernel.md's table, each between two good ones in one pass. */
#include "kit.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

#define PART (4 * MIB)
#define HALF (2 * MIB)

enum kind { PLAIN, GUARD_EMPTY, GUARD_FILLED, THP, UFFD, DONT_FORK, SHARED, MEMFD_SHARED, MEMFD_PRIVATE, FILE_PRIVATE, LOCKED, LOCKED_PART, HUGETLB, HOLE_MIDDLE, HOLE_WHOLE, KINDS };

struct wanted {
  const char *name;
  uint32_t reason;
  uint64_t advised; /* of PART */
};

static const struct wanted wanted[KINDS] = {
    [PLAIN] = {"plain", EBB_OK, PART},
    [GUARD_EMPTY] = {"PROT_NONE, empty", EBB_OK, PART},
    [GUARD_FILLED] = {"PROT_NONE, with contents", EBB_OK, PART},
    [THP] = {"THP", EBB_OK, PART},
    [UFFD] = {"userfaultfd", EBB_OK, PART},
    [DONT_FORK] = {"DONTFORK", EBB_OK, PART},
    [SHARED] = {"shared anonymous", EBB_OK, PART},
    [MEMFD_SHARED] = {"memfd, shared", EBB_OK, PART},
    [MEMFD_PRIVATE] = {"memfd, private", EBB_OK, PART},
    [FILE_PRIVATE] = {"private file mapping", EBB_CHANGED, 0},
    [LOCKED] = {"mlocked", EBB_UNADVISABLE, 0},
    [LOCKED_PART] = {"mlocked in part", EBB_UNADVISABLE, PART - 16384},
    [HUGETLB] = {"hugetlb", EBB_UNADVISABLE, 0},
    [HOLE_MIDDLE] = {"hole in the middle", EBB_GONE, PART - 8192},
    [HOLE_WHOLE] = {"hole", EBB_GONE, 0},
};

static void *at(char *block) {
  return block + HALF;
}

static void place(char *block, int flags, int fd) {
  CHECK(mmap(at(block), PART, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0) == at(block));
  if (flags & MAP_HUGETLB) return;
  fill(at(block), PART);
}

static int memory_file(void) {
  int fd = memfd_create("ebb", 0);
  CHECK(fd >= 0 && ftruncate(fd, PART) == 0);
  return fd;
}

static int disk_file(void) {
  char path[] = "/var/tmp/ebb-test-XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0 && unlink(path) == 0 && ftruncate(fd, PART) == 0);
  return fd;
}

static int register_faults(char *block) {
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register area = {.range = {(uintptr_t)at(block), PART}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  return fd >= 0 && ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &area) == 0;
}

/* 0: this machine can't. */
static int make(char *block, enum kind kind) {
  switch (kind) {
    case GUARD_EMPTY: return madvise(at(block), PART, MADV_DONTNEED) == 0 && mprotect(at(block), PART, PROT_NONE) == 0;
    case GUARD_FILLED: return mprotect(at(block), PART, PROT_NONE) == 0;
    case THP: place(block, MAP_PRIVATE | MAP_ANONYMOUS, -1); return madvise(at(block), PART, MADV_HUGEPAGE) == 0;
    case UFFD: return register_faults(block);
    case DONT_FORK: return madvise(at(block), PART, MADV_DONTFORK) == 0;
    case SHARED: place(block, MAP_SHARED | MAP_ANONYMOUS, -1); return 1;
    case MEMFD_SHARED: place(block, MAP_SHARED, memory_file()); return 1;
    case MEMFD_PRIVATE: place(block, MAP_PRIVATE, memory_file()); return 1;
    case FILE_PRIVATE: place(block, MAP_PRIVATE, disk_file()); return 1;
    case LOCKED: return syscall(SYS_mlock, at(block), PART) == 0; /* not libc's: ASan makes that do nothing */
    case LOCKED_PART: return syscall(SYS_mlock, (char *)at(block) + MIB, 16384) == 0;
    case HUGETLB: return mmap(at(block), PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
    case HOLE_MIDDLE: return munmap((char *)at(block) + MIB, 8192) == 0;
    case HOLE_WHOLE: return munmap(at(block), PART) == 0;
    default: return 1;
  }
}

static void target_body(const struct ends *ends, void *context) {
  enum kind kind = *(enum kind *)context;
  size_t total = HALF + PART + HALF + 2 * HALF;
  char *block = map_filled(total);
  block = (char *)(((uintptr_t)block + HALF - 1) / HALF * HALF);
  fill(block, HALF);
  fill(at(block), PART);
  int made = make(block, kind);
  say(ends, made ? (uintptr_t)block : 0);
  next_command(ends);
  int whole = kind == THP || kind == DONT_FORK || kind == PLAIN || kind == UFFD || kind == SHARED;
  say(ends, is_filled(block, HALF) && (!whole || is_filled(at(block), PART)));
  next_command(ends);
}

static void try_advice(struct ebb_process *process, uint32_t advice, enum kind kind, uint64_t block) {
  struct ebb_range ranges[3] = {{block, block + HALF}, {block + HALF, block + HALF + PART}, {block + HALF + PART, block + 2 * HALF + PART}};
  struct ebb_range_result results[3];
  struct ebb_advise_result result = advise(process, advice, ranges, 3, results);
  CHECK_REASON(result.reason, EBB_OK);
  CHECK_EQUAL(result.ranges_done, 3);
  CHECK_EQUAL(results[0].advised_bytes, HALF);
  CHECK_EQUAL(results[2].advised_bytes, HALF);
  if (advice == EBB_WILLNEED && wanted[kind].reason == EBB_UNADVISABLE) return;
  if (kind == FILE_PRIVATE && advice != EBB_WILLNEED && !(ebb_features() & EBB_FEATURE_PROCMAP_QUERY)) return;
  CHECK_EQUAL(results[1].advised_bytes, wanted[kind].advised);
  CHECK_REASON(results[1].reason, wanted[kind].reason);
}

static void try_kind(enum kind kind) {
  struct target target = target__start(target_body, &kind);
  uint64_t block = answer(&target);
  struct ebb_mapping mappings[1000];
  if (!block) {
    printf("not here: %s\n", wanted[kind].name);
    target__stop(&target);
    return;
  }
  fprintf(stderr, "%s\n", wanted[kind].name);
  struct ebb_process *process = open_process(target.pid);
  CHECK(ebb_process__list(process, mappings, 1000) > 5);
  try_advice(process, EBB_COLD, kind, block);
  try_advice(process, EBB_PAGEOUT, kind, block);
  try_advice(process, EBB_WILLNEED, kind, block);
  ebb_process__close(process);
  command(&target, 1);
  CHECK(answer(&target) == 1);
  target__stop(&target);
}

int main(void) {
  need_root();
  for (enum kind kind = 0; kind < KINDS; kind++) try_kind(kind);
  ebb_test_without = EBB_FEATURE_PROCMAP_QUERY; /* as before Linux 6.11 */
  for (enum kind kind = 0; kind < KINDS; kind++) try_kind(kind);
  return 0;
}
