/* PAGEMAP_SCAN and pagemap tell the same, on layouts made at random of present, swapped, empty and unmapped pages. */
#include "kit.h"

#define PAGES 6000
#define PAGE 4096u
#define ROUNDS 12
#define RUNS 8192

static uint64_t seed = 88172645463325252u;

/* Stretches of random length, each filled, left empty or unmapped, some paged out by the owner itself. */
static void target_body(const struct ends *ends, void *context) {
  uint64_t state = *(uint64_t *)context;
  char *block = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned longest = pseudo_random(&state) % 2 ? 4 : 200; /* single pages fill vectors, long runs join */
  for (size_t page = 0; page < PAGES;) {
    size_t length = 1 + pseudo_random(&state) % longest;
    if (length > PAGES - page) length = PAGES - page;
    char *at = block + page * PAGE;
    switch (pseudo_random(&state) % 5) {
      case 0: munmap(at, length * PAGE); break;
      case 1: break;
      case 2: fill(at, length * PAGE), madvise(at, length * PAGE, MADV_PAGEOUT); break;
      default: fill(at, length * PAGE);
    }
    page += length;
  }
  say(ends, (uintptr_t)block);
  next_command(ends);
}

static void compare_counts(struct ebb_process *process, const struct ebb_range *ranges, size_t count) {
  struct ebb_counts scanned[8], read[8];
  CHECK_EQUAL(ebb_process__count(process, ranges, count, 0, scanned), 0);
  CHECK_EQUAL(ebb_process__count(process, ranges, count, 1, read), 0);
  CHECK(memcmp(scanned, read, count * sizeof *scanned) == 0);
}

static void compare_runs(struct ebb_process *process, const struct ebb_range *ranges, size_t count, unsigned category) {
  static struct ebb_run scanned[RUNS], read[RUNS];
  ssize_t found = ebb_process__runs(process, ranges, count, 0, category, scanned, RUNS);
  CHECK(found >= 0 && found < RUNS);
  CHECK_EQUAL(ebb_process__runs(process, ranges, count, 1, category, read, RUNS), found);
  CHECK(memcmp(scanned, read, (size_t)found * sizeof *read) == 0);
  for (ssize_t i = 1; i < found; i++) CHECK(scanned[i].start >= scanned[i - 1].end && scanned[i].category == category);
  if (found > 3) CHECK(ebb_process__runs(process, ranges, count, 0, category, scanned, 2) >= 2); /* never past capacity */
}

static void sum_agrees(struct ebb_process *process, const struct ebb_range *all, unsigned category) {
  static struct ebb_run runs[RUNS];
  struct ebb_counts counts;
  uint64_t sum = 0;
  ssize_t found = ebb_process__runs(process, all, 1, 0, category, runs, RUNS);
  for (ssize_t i = 0; i < found; i++) sum += runs[i].end - runs[i].start;
  CHECK_EQUAL(ebb_process__count(process, all, 1, 0, &counts), 0);
  CHECK_EQUAL(sum, category == EBB_PAGE_PRESENT ? counts.present_bytes : counts.swapped_bytes);
}

static void round_of(uint64_t state) {
  struct target target = target__start(target_body, &state);
  uint64_t block = answer(&target), half = PAGES / 2 * PAGE;
  struct ebb_process *process = open_process(target.pid);
  struct ebb_range all = {block, block + PAGES * PAGE};
  struct ebb_range parts[3] = {{block + PAGE, block + half}, {block + half, block + half + 7 * PAGE}, {block + 2 * half - 600 * PAGE, block + 2 * half}};
  compare_counts(process, &all, 1);
  compare_counts(process, parts, 3);
  for (int i = 0; i < 2; i++) {
    unsigned category = i ? EBB_PAGE_SWAPPED : EBB_PAGE_PRESENT;
    compare_runs(process, &all, 1, category);
    compare_runs(process, parts, 3, category);
    sum_agrees(process, &all, category);
  }
  ebb_process__close(process);
  target__stop(&target);
}

int main(void) {
  need_root();
  if (!(ebb_features() & EBB_FEATURE_PAGEMAP_SCAN)) skip("needs PAGEMAP_SCAN (Linux 6.7)");
  for (int i = 0; i < ROUNDS; i++) round_of(pseudo_random(&seed));
  return 0;
}
