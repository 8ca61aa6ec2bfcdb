/*
 * chunk.c: gathers the next pieces of the ranges for one call. Where the kernel can say what is mapped at an address, it
 * is asked just before: what became another mapping since the plan is left alone, a hole is stepped over.
 */
#include "pass.h"

#include <errno.h>

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

static int is_aligned(const struct ebb_range *range) {
  uint64_t page = page_bytes();
  return range->start < range->end && range->start % page == 0 && range->end % page == 0;
}

/* WILLNEED takes memory from the call on, so its identity is always read; others only where that is cheap. */
static int is_verified(const struct pass *pass) {
  return pass->limits->advice == EBB_WILLNEED || (ebb_features() & EBB_FEATURE_PROCMAP_QUERY);
}

static int is_meant(const struct pass *pass, const struct ebb_mapping *mapping) {
  uint64_t kind = mapping->kind_bits & 0xff;
  if (kind == EBB_MAPPING_SHARED) return mapping__was_shared(pass->process, pass->at);
  return kind == EBB_MAPPING_ANONYMOUS || kind == EBB_MAPPING_HEAP || kind == EBB_MAPPING_STACK || kind == EBB_MAPPING_HUGETLB;
}

/*
 * What at pass->at may be advised up to, into *end. `known` is the last mapping asked about in this chunk. 1: advise;
 * 0: stepped over something; -errno.
 */
static int verify(struct pass *pass, struct ebb_mapping *known, uint64_t range_end, uint64_t *end) {
  uint32_t range = (uint32_t)pass->next;
  if (pass->at < known->start || pass->at >= known->end) {
    int found = mapping__at(pass->process, pass->at, known);
    if (found < 0) return found;
    if (found == 0) *known = (struct ebb_mapping){range_end, range_end, 0};
  }
  if (known->start > pass->at) {
    pass__note(pass, range, EBB_GONE, ENOMEM);
    pass->at = smaller(known->start, range_end);
    return 0;
  }
  *end = smaller(known->end, range_end);
  if (is_meant(pass, known)) return 1;
  pass__note(pass, range, EBB_CHANGED, 0);
  pass->at = *end;
  return 0;
}

/* COLLAPSE goes huge page by huge page: one that fails must not hide what became of its neighbours. */
static uint64_t cut(const struct pass *pass, uint64_t end) {
  uint64_t room = pass->pace.chunk_bytes - pass->filled_bytes;
  if (pass->limits->advice == EBB_COLLAPSE) return smaller(end, (pass->at / HUGE_PAGE_BYTES + 1) * HUGE_PAGE_BYTES);
  return end - pass->at <= room ? end : pass->at + room;
}

static void add(struct pass *pass, uint64_t end) {
  pass->pieces[pass->filled] = (struct iovec){.iov_base = (void *)(uintptr_t)pass->at, .iov_len = end - pass->at};
  pass->of[pass->filled++] = (uint32_t)pass->next;
  pass->filled_bytes += end - pass->at;
  pass->at = end;
}

static int is_full(const struct pass *pass) {
  int most = pass->limits->advice == EBB_WILLNEED ? 1 : EBB_PAGE_BATCH;
  return pass->filled == (size_t)most || pass->filled_bytes + page_bytes() > pass->pace.chunk_bytes;
}

static uint32_t gather_range(struct pass *pass, struct ebb_mapping *known) {
  const struct ebb_range *range = &pass->ranges[pass->next];
  if (!is_aligned(range)) return pass__note(pass, (uint32_t)pass->next, EBB_UNADVISABLE, EINVAL), pass->at = range->end, EBB_OK;
  if (pass->at < range->start) pass->at = range->start;
  while (pass->at < range->end && !is_full(pass)) {
    uint64_t end = range->end;
    int may = is_verified(pass) ? verify(pass, known, range->end, &end) : 1;
    if (may == -ESRCH || may == -EINTR) return may == -EINTR ? EBB_OK : pass__stop(pass, process__gone_reason(pass->process), ESRCH);
    if (may < 0) return pass__stop(pass, EBB_SYSTEM_ERROR, -may);
    if (may) add(pass, cut(pass, end));
  }
  return EBB_OK;
}

uint32_t chunk__gather(struct pass *pass) {
  struct ebb_mapping known = {0, 0, 0};
  pass->filled = 0;
  pass->filled_bytes = 0;
  while (pass->next < pass->count && !is_full(pass)) {
    uint32_t stop = gather_range(pass, &known);
    if (stop != EBB_OK) return stop;
    if (pass->at < pass->ranges[pass->next].end) continue;
    pass->next++;
    pass->at = 0;
  }
  return EBB_OK;
}
