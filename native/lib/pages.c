/*
 * pages.c: which pages of a range are present or swapped: PAGEMAP_SCAN where the kernel has it, else pagemap itself. Both
 * give the same runs, so that a test can hold them against each other.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define USE_PAGEMAP 1u
#define VECTOR 512                     /* with 1024 and more the kernel repeats itself */
#define WINDOW_BYTES ((uint64_t)1 << 30) /* one watched call */
#define BOTH (EBB_PAGE_PRESENT | EBB_PAGE_SWAPPED)
#define ENTRY_PRESENT ((uint64_t)1 << 63)
#define ENTRY_SWAPPED ((uint64_t)1 << 62)

/* Takes runs in address order; non-zero stops. */
typedef int (*take_run)(void *context, const struct ebb_run *run);

struct sink {
  take_run take;
  void *context;
};

/* What is opened here pins the program that runs now: it must be the one that the maps fd has pinned. */
int pages__open(struct ebb_process *process) {
  if (process->pagemap >= 0) return 0;
  int fd, error;
  WATCHED(fd, sys_openat(process->dir, "pagemap", O_RDONLY));
  if (fd < 0) return fd;
  if (process__check_program(process, &error) != EBB_OK) return sys_close(fd), error ? error : -ESRCH;
  process->pagemap = fd;
  return 0;
}

/* ---- PAGEMAP_SCAN ---- */

static int give_regions(const struct ebb_run *regions, size_t count, uint64_t *last_end, const struct sink *sink) {
  for (size_t i = 0; i < count; i++) {
    struct ebb_run run = regions[i];
    if (run.start < *last_end) run.start = *last_end; /* told before */
    if (run.start >= run.end) continue;
    *last_end = run.end;
    int stopped = sink->take(sink->context, &run);
    if (stopped) return stopped;
  }
  return 0;
}

static int scan_window(struct ebb_process *process, uint64_t start, uint64_t end, const struct sink *sink) {
  struct ebb_run regions[VECTOR];
  uint64_t last_end = start;
  while (start < end) {
    struct pagemap_scan scan = {.size = sizeof scan, .start = start, .end = end, .vec = (uintptr_t)regions, .vec_len = VECTOR, .anyof = BOTH, .returned = BOTH};
    ssize_t found;
    WATCHED(found, sys_pagemap_scan(process->pagemap, &scan));
    if (found == -EINTR) continue;
    if (found < 0) return (int)found;
    int stopped = give_regions(regions, (size_t)found, &last_end, sink);
    if (stopped) return stopped;
    if (scan.walk_end <= start) return -EIO; /* no progress: never loop for ever */
    start = scan.walk_end;
  }
  return 0;
}

/* ---- pagemap ---- */

static uint64_t category_of(uint64_t entry) {
  if (entry & ENTRY_PRESENT) return EBB_PAGE_PRESENT;
  return entry & ENTRY_SWAPPED ? EBB_PAGE_SWAPPED : 0;
}

/* Joins pages of one category that follow each other. */
static int give_entries(const uint64_t *entries, size_t count, uint64_t address, struct ebb_run *open, const struct sink *sink) {
  uint64_t page = page_bytes();
  for (size_t i = 0; i < count; i++, address += page) {
    uint64_t category = category_of(entries[i]);
    if (category == open->category && open->end == address) {
      open->end += page;
      continue;
    }
    int stopped = open->category ? sink->take(sink->context, open) : 0;
    if (stopped) return stopped;
    *open = (struct ebb_run){address, address + page, category};
  }
  return 0;
}

static int read_window(struct ebb_process *process, uint64_t start, uint64_t end, const struct sink *sink) {
  uint64_t page = page_bytes(), *entries = (uint64_t *)(void *)process->block;
  struct ebb_run open = {start, start, 0};
  while (start < end) {
    uint64_t wanted = (end - start) / page * sizeof *entries;
    ssize_t got;
    WATCHED(got, sys_pread(process->pagemap, entries, wanted < BLOCK_BYTES ? wanted : BLOCK_BYTES, start / page * sizeof *entries));
    if (got == -EINTR) continue;
    if (got < 0) return (int)got;
    size_t count = (size_t)got / sizeof *entries;
    if (count == 0) break; /* past the address space, or the program is gone: asked for at the end */
    int stopped = give_entries(entries, count, start, &open, sink);
    if (stopped) return stopped;
    start += count * page;
  }
  return open.category ? sink->take(sink->context, &open) : 0;
}

static int is_range(const struct ebb_range *range) {
  uint64_t page = page_bytes();
  return range->start < range->end && range->start % page == 0 && range->end % page == 0;
}

static int walk(struct ebb_process *process, const struct ebb_range *range, unsigned flags, const struct sink *sink) {
  int by_scan = !(flags & USE_PAGEMAP) && (ebb_features() & EBB_FEATURE_PAGEMAP_SCAN);
  if (!is_range(range)) return -EINVAL;
  for (uint64_t at = range->start; at < range->end;) {
    uint64_t end = range->end - at > WINDOW_BYTES ? at + WINDOW_BYTES : range->end;
    int stopped = by_scan ? scan_window(process, at, end, sink) : read_window(process, at, end, sink);
    if (stopped) return stopped;
    at = end;
  }
  return 0;
}

static int begin(struct ebb_process *process) {
  if (!process__may(process, EBB_OBSERVE | EBB_ADVISE)) return -EPERM;
  if (process->maps < 0) return process->maps_error;
  return pages__open(process);
}

/* Nothing found in an address space that is gone means nothing. */
static int end(struct ebb_process *process, int failed) {
  int error = 0;
  if (failed < 0) return failed;
  return process__check_program(process, &error) == EBB_OK ? 0 : error ? error : -ESRCH;
}

static int add_to_counts(void *context, const struct ebb_run *run) {
  struct ebb_counts *counts = context;
  if (run->category & EBB_PAGE_PRESENT) counts->present_bytes += run->end - run->start;
  else if (run->category & EBB_PAGE_SWAPPED) counts->swapped_bytes += run->end - run->start;
  return 0;
}

int ebb_process__count(struct ebb_process *process, const struct ebb_range *ranges, size_t count, unsigned flags, struct ebb_counts *out) {
  int failed = begin(process);
  memset(out, 0, count * sizeof *out);
  for (size_t i = 0; i < count && !failed; i++) failed = walk(process, &ranges[i], flags, &(struct sink){add_to_counts, &out[i]});
  return end(process, failed);
}

struct collection {
  uint64_t category;
  struct ebb_run *out;
  size_t capacity, count;
  size_t first; /* of this range: runs of two ranges are never joined */
};

static int add_run(void *context, const struct ebb_run *run) {
  struct collection *found = context;
  if (!(run->category & found->category)) return 0;
  struct ebb_run *last = found->count > found->first && found->count <= found->capacity ? &found->out[found->count - 1] : NULL;
  if (last && last->end == run->start) {
    last->end = run->end;
    return 0;
  }
  if (found->count < found->capacity) found->out[found->count] = (struct ebb_run){run->start, run->end, found->category};
  return found->count++ >= found->capacity;
}

ssize_t ebb_process__runs(struct ebb_process *process, const struct ebb_range *ranges, size_t count, unsigned flags, unsigned category,
                          struct ebb_run *out, size_t capacity) {
  struct collection found = {.category = category, .out = out, .capacity = capacity};
  int failed = category == EBB_PAGE_PRESENT || category == EBB_PAGE_SWAPPED ? begin(process) : -EINVAL;
  for (size_t i = 0; i < count && !failed; i++) {
    found.first = found.count;
    failed = walk(process, &ranges[i], flags, &(struct sink){add_run, &found});
  }
  failed = end(process, failed > 0 ? 0 : failed);
  return failed ? failed : (ssize_t)found.count;
}
