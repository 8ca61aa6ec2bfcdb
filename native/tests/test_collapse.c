/* COLLAPSE joins pages huge page by huge page; an empty one in the middle is named and its neighbours are joined. */
#include "kit.h"

#define HUGE (2 * MIB)

static void hold(const struct ends *ends, void *context) {
  (void)context;
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  char *block = mmap(NULL, 6 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  block = (char *)(((uintptr_t)block + HUGE - 1) / HUGE * HUGE);
  madvise(block, 5 * HUGE, MADV_NOHUGEPAGE);
  fill(block, 2 * HUGE);
  fill(block + 3 * HUGE, 2 * HUGE);
  say(ends, (uintptr_t)block);
  next_command(ends);
  /* Not before: khugepaged joins such pages too. */
  say(ends, (uint64_t)madvise(block, 5 * HUGE, MADV_HUGEPAGE));
  next_command(ends);
  say(ends, is_filled(block, 2 * HUGE) && is_filled(block + 3 * HUGE, 2 * HUGE));
}

static uint64_t huge_kibibytes(pid_t pid) {
  char path[64], line[256];
  unsigned long long kibibytes = 0;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  FILE *rollup = fopen(path, "r");
  CHECK(rollup);
  while (fgets(line, sizeof line, rollup)) sscanf(line, "AnonHugePages: %llu", &kibibytes);
  fclose(rollup);
  return kibibytes;
}

int main(void) {
  need_root();
  if (access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) < 0) skip("needs transparent huge pages");
  struct target target = target__start(hold, NULL);
  uint64_t block = answer(&target);
  struct ebb_process *process = open_process(target.pid);
  struct ebb_range ranges[2] = {{block, block + 2 * HUGE}, {block + 2 * HUGE, block + 5 * HUGE}};
  struct ebb_range_result results[2];
  CHECK_EQUAL(huge_kibibytes(target.pid), 0);
  command(&target, 1);
  CHECK_EQUAL(answer(&target), 0);
  struct ebb_advise_result result = advise(process, EBB_COLLAPSE, ranges, 2, results);
  CHECK_REASON(result.reason, EBB_OK);
  CHECK_EQUAL(results[0].advised_bytes, 2 * HUGE);
  CHECK(results[1].advised_bytes >= 2 * HUGE);
  CHECK(huge_kibibytes(target.pid) >= 4 * HUGE / 1024);
  command(&target, 1);
  CHECK_EQUAL(answer(&target), 1);
  ebb_process__close(process);
  target__stop(&target);
  return 0;
}
