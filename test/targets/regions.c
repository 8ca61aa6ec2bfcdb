/* Commands that make memory of every kind, change it, and check what is in it. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REGIONS 4096
#define PAGE_WORDS (PAGE / sizeof(uint64_t))

static struct region regions[REGIONS];
static int region_count;

/* A third of each page is noise, the rest repeats: memory compresses to somewhat more than a third. */
static uint64_t word_at(uint64_t *state, size_t index, uint64_t rest) {
  if (index % 3 != 0) return rest;
  *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
  return *state;
}

static uint64_t page_state(const struct region *region, size_t page) {
  uint64_t state = (region->seed + 1) * 0x9e3779b97f4a7c15ull ^ (page + 1) * 0xbf58476d1ce4e5b9ull;
  return state ? state : 1;
}

/*
 * A page just faulted in waits in its CPU's batch (mm/swap.c: at most 31 of them), where nothing can isolate it for
 * reclaim, and process_madvise drains only the batch of the CPU it runs on. Goes to each CPU that we may run on and has
 * it drained there (any MADV_COLD does), so that of what a test pages out no page stays by chance.
 */
static void drain_batches(void) {
  cpu_set_t allowed, one;
  void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED || sched_getaffinity(0, sizeof allowed, &allowed)) return;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof one, &one) == 0) madvise(page, PAGE, MADV_COLD);
  }
  sched_setaffinity(0, sizeof allowed, &allowed);
  munmap(page, PAGE);
}

void fill_pages(const struct region *region, size_t offset, size_t length) {
  for (size_t page = offset / PAGE; page < (offset + length) / PAGE; page++) {
    uint64_t state = page_state(region, page), *words = (uint64_t *)(region->start + page * PAGE);
    for (size_t i = 0; i < PAGE_WORDS; i++) words[i] = word_at(&state, i, region->seed);
  }
  drain_batches();
}

struct region *region_of(const struct command *c, int index) {
  uint64_t id = size_argument(c, index, REGIONS);
  return id < (uint64_t)region_count ? &regions[id] : NULL;
}

int add_region(struct command *c, void *start, size_t length, uint64_t seed, int filled) {
  if (start == MAP_FAILED) return refuse(c, "mmap");
  if (region_count == REGIONS) return errno = ENOSPC, refuse(c, "regions");
  struct region *region = &regions[region_count];
  *region = (struct region){.start = start, .length = length, .seed = seed};
  if (filled) fill_pages(region, 0, length);
  return say(c, "%d %lx %lx", region_count++, (unsigned long)start, (unsigned long)start + length);
}

int part(struct command *c, char **start, size_t *length) {
  struct region *region = region_of(c, 1);
  if (!region) return errno = EINVAL, refuse(c, "region");
  uint64_t offset = size_argument(c, 2, 0);
  *start = region->start + offset;
  *length = size_argument(c, 3, region->length - offset);
  if (offset + *length > region->length) return errno = EINVAL, refuse(c, "part");
  return 0;
}

static int map_filled(struct command *c, int protection, int flags, int fd) {
  size_t length = size_argument(c, 1, 1 << 20);
  void *start = mmap(NULL, length, protection, flags, fd, 0);
  return add_region(c, start, length, size_argument(c, 2, 0), (protection & PROT_WRITE) != 0);
}

static int run_anon(struct command *c) {
  return map_filled(c, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int run_shared(struct command *c) {
  return map_filled(c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static int run_guard(struct command *c) {
  return map_filled(c, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* hugetlb BYTES SEED: needs pages in /proc/sys/vm/nr_hugepages. */
static int run_hugetlb(struct command *c) {
  return map_filled(c, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
}

/* memfd BYTES SEED shared|private */
static int run_memfd(struct command *c) {
  int fd = memfd_create("target", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, (off_t)size_argument(c, 1, 1 << 20))) return refuse(c, "memfd");
  int shared = strcmp(text_argument(c, 3, "shared"), "shared") == 0;
  int result = map_filled(c, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE, fd);
  close(fd);
  return result;
}

/* file BYTES SEED PATH: a private file mapping whose pages were read, not written. */
static int run_file(struct command *c) {
  size_t length = size_argument(c, 1, 1 << 20);
  int fd = open(text_argument(c, 3, "/dev/null"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, (off_t)length)) return refuse(c, "file");
  int result = map_filled(c, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd);
  close(fd);
  return result;
}

/* thp BYTES SEED: aligned for huge pages, and asking for them. */
static int run_thp(struct command *c) {
  size_t length = size_argument(c, 1, 4 << 20), huge = 2 << 20;
  char *all = mmap(NULL, length + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return refuse(c, "mmap");
  char *start = (char *)(((uintptr_t)all + huge - 1) & ~(huge - 1));
  if (start > all) munmap(all, (size_t)(start - all));
  munmap(start + length, (size_t)(all + huge - start));
  if (madvise(start, length, MADV_HUGEPAGE)) return refuse(c, "MADV_HUGEPAGE");
  return add_region(c, start, length, size_argument(c, 2, 0), 1);
}

/* vmas COUNT SEED: COUNT mappings of one page each, alternately writable and executable-or-not so that none merge. */
static int run_vmas(struct command *c) {
  size_t count = size_argument(c, 1, 1000), length = count * PAGE;
  char *start = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return refuse(c, "mmap");
  int result = add_region(c, start, length, size_argument(c, 2, 0), 1);
  for (size_t i = 1; i < count; i += 2)
    if (mprotect(start + i * PAGE, PAGE, PROT_READ)) return refuse(c, "mprotect");
  return result;
}

static int run_madvise(struct command *c, int advice) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result == 0 && madvise(start, length, advice)) return refuse(c, "madvise");
  return result;
}

static int run_dontfork(struct command *c) { return run_madvise(c, MADV_DONTFORK); }
static int run_mergeable(struct command *c) { return run_madvise(c, MADV_MERGEABLE); }
static int run_nohuge(struct command *c) { return run_madvise(c, MADV_NOHUGEPAGE); }

static int run_lock(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result == 0 && mlock(start, length)) return refuse(c, "mlock");
  return result;
}

/* lockall: mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) */
static int run_lockall(struct command *c) {
  return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) ? refuse(c, "mlockall") : 0;
}

static int run_unmap(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result == 0 && munmap(start, length)) return refuse(c, "munmap");
  return result;
}

static int protect(struct command *c, int protection) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result == 0 && mprotect(start, length, protection)) return refuse(c, "mprotect");
  return result;
}

static int run_protnone(struct command *c) { return protect(c, PROT_NONE); }
static int run_protrw(struct command *c) { return protect(c, PROT_READ | PROT_WRITE); }

/* replace ID OFFSET LENGTH: maps this program's file over that part, so that a plan made before means something else. */
static int run_replace(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length), fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (result || fd < 0) return result ? result : refuse(c, "open");
  void *mapped = mmap(start, length, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0);
  close(fd);
  return mapped == MAP_FAILED ? refuse(c, "mmap") : 0;
}

/* uffd ID: registers the region for missing faults. */
static int run_uffd(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result) return result;
  int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range = {(uintptr_t)start, length}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range)) return refuse(c, "userfaultfd");
  return 0;
}

/* touch ID [OFFSET LENGTH]: reads one word of each page; answers the microseconds it took. */
static int run_touch(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result) return result;
  uint64_t begun = now_micros();
  for (size_t at = 0; at < length; at += PAGE) (void)*(volatile char *)(start + at);
  uint64_t ended = now_micros();
  drain_batches();
  return say(c, "%lu", (unsigned long)(ended - begun));
}

/* dirty ID [OFFSET LENGTH]: writes the same content again. */
static int run_dirty(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result == 0) fill_pages(region_of(c, 1), size_argument(c, 2, 0), length);
  return result;
}

static int page_intact(const struct region *region, size_t page) {
  uint64_t state = page_state(region, page);
  const uint64_t *words = (const uint64_t *)(region->start + page * PAGE);
  for (size_t i = 0; i < PAGE_WORDS; i++)
    if (words[i] != word_at(&state, i, region->seed)) return 0;
  return 1;
}

/* verify ID [OFFSET LENGTH]: answers how many pages do not hold what was written. */
static int run_verify(struct command *c) {
  char *start;
  size_t length, broken = 0;
  int result = part(c, &start, &length);
  if (result) return result;
  const struct region *region = region_of(c, 1);
  size_t first = (size_t)(start - region->start) / PAGE;
  for (size_t page = first; page < first + length / PAGE; page++) broken += !page_intact(region, page);
  drain_batches();
  return say(c, "%zu", broken);
}

/* checksum ID [OFFSET LENGTH]: FNV-1a over the words. */
static int run_checksum(struct command *c) {
  char *start;
  size_t length;
  int result = part(c, &start, &length);
  if (result) return result;
  uint64_t sum = 0xcbf29ce484222325ull, *words = (uint64_t *)start;
  for (size_t i = 0; i < length / sizeof *words; i++) sum = (sum ^ words[i]) * 0x100000001b3ull;
  drain_batches();
  return say(c, "%016lx", (unsigned long)sum);
}

/* pages ID [OFFSET LENGTH]: answers bytes present and bytes swapped, from our own page map. */
static int run_pages(struct command *c) {
  char *start;
  size_t length, present = 0, swapped = 0;
  int result = part(c, &start, &length), fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (result || fd < 0) return result ? result : refuse(c, "pagemap");
  uint64_t entries[512];
  for (size_t page = 0; page < length / PAGE;) {
    size_t want = length / PAGE - page < 512 ? length / PAGE - page : 512;
    ssize_t got = pread(fd, entries, want * 8, (off_t)(((uintptr_t)start / PAGE + page) * 8));
    if (got <= 0) break;
    for (size_t i = 0; i < (size_t)got / 8; i++) present += entries[i] >> 63, swapped += entries[i] >> 62 & 1;
    page += (size_t)got / 8;
  }
  close(fd);
  return say(c, "%zu %zu", present * PAGE, swapped * PAGE);
}

const struct entry region_commands[] = {
    {"anon", run_anon},         {"shared", run_shared},     {"guard", run_guard},     {"hugetlb", run_hugetlb},
    {"memfd", run_memfd},       {"file", run_file},         {"thp", run_thp},         {"vmas", run_vmas},
    {"dontfork", run_dontfork}, {"mergeable", run_mergeable}, {"nohuge", run_nohuge}, {"lock", run_lock},
    {"lockall", run_lockall},   {"unmap", run_unmap},       {"protnone", run_protnone}, {"protrw", run_protrw},
    {"uffd", run_uffd},         {"touch", run_touch},       {"dirty", run_dirty},     {"verify", run_verify},
    {"checksum", run_checksum}, {"pages", run_pages},       {"replace", run_replace}, {NULL, NULL},
};
