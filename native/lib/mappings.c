/*
 * mappings.c: the mappings of a process from its kept maps fd: all of them from the text (faster than asking one by
 * one), or the one at an address by PROCMAP_QUERY, else from the text again.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_OR_COVERING 0x10u
#define QUERY_SHARED 0x8u

/* Streams the text in blocks and gives each whole line to `take`, until it says stop. */
typedef int (*take_line)(void *context, const struct ebb_mapping *mapping);

struct stream {
  struct ebb_process *process;
  uint64_t offset;
  size_t held;
};

/* A read gives 4 KiB at most, and arming the watch costs as much as a few lines: it is armed for a block. */
static ssize_t read_block(struct stream *stream) {
  char *block = stream->process->block;
  size_t before = stream->held;
  ssize_t got;
  do {
    got = sys_pread(stream->process->maps, block + stream->held, BLOCK_BYTES - stream->held, stream->offset);
    if (got > 0) stream->held += (size_t)got, stream->offset += (uint64_t)got;
  } while (got == -EINTR || (got > 0 && stream->held < BLOCK_BYTES));
  return stream->held > before ? (ssize_t)(stream->held - before) : got;
}

static ssize_t fill(struct stream *stream) {
  ssize_t got;
  WATCHED(got, read_block(stream));
  return got;
}

/* -EINVAL: text that is no mapping; 1: stopped by take. */
static int take_lines(struct stream *stream, take_line take, void *context) {
  char *at = stream->process->block, *end = at + stream->held, *newline;
  struct ebb_mapping mapping;
  int stopped = 0;
  while (!stopped && (newline = memchr(at, '\n', (size_t)(end - at)))) {
    if (ebb_parse_mapping(at, (size_t)(newline - at), &mapping)) return -EINVAL;
    stopped = take(context, &mapping);
    at = newline + 1;
  }
  stream->held = (size_t)(end - at);
  memmove(stream->process->block, at, stream->held);
  return stopped;
}

/* 1: something was read; 0: the program is gone. */
static int each_mapping(struct ebb_process *process, take_line take, void *context) {
  struct stream stream = {.process = process};
  if (process->maps < 0) return process->maps_error;
  for (;;) {
    ssize_t got = fill(&stream);
    if (got < 0) return got == -ESRCH ? 0 : (int)got;
    if (got == 0) break;
    int stopped = take_lines(&stream, take, context);
    if (stopped < 0) return stopped;
    if (stopped) return 1;
    if (stream.held == BLOCK_BYTES) return -EOVERFLOW;
  }
  /* The text also ends early when the program goes away half-way: then nothing of it counts. */
  int error;
  return stream.offset > 0 && process__check_program(process, &error) == EBB_OK;
}

struct listing {
  struct ebb_process *process;
  struct ebb_mapping *out;
  size_t capacity, count;
};

static int remember_shared(struct ebb_process *process, const struct ebb_mapping *mapping) {
  if (process->shared_count == process->shared_capacity) {
    size_t capacity = process->shared_capacity ? process->shared_capacity * 2 : 64;
    struct ebb_range *grown = realloc(process->shared, capacity * sizeof *grown);
    if (!grown) return -ENOMEM;
    process->shared = grown;
    process->shared_capacity = capacity;
  }
  process->shared[process->shared_count++] = (struct ebb_range){mapping->start, mapping->end};
  return 0;
}

static int add_to_listing(void *context, const struct ebb_mapping *mapping) {
  struct listing *listing = context;
  if (listing->count < listing->capacity) listing->out[listing->count] = *mapping;
  listing->count++;
  int is_shared = (mapping->kind_bits & 0xff) == EBB_MAPPING_SHARED;
  return is_shared && listing->count <= EBB_MAX_MAPPINGS ? remember_shared(listing->process, mapping) : 0;
}

ssize_t ebb_process__list(struct ebb_process *process, struct ebb_mapping *out, size_t capacity) {
  struct listing listing = {process, out, capacity, 0};
  process->shared_count = 0;
  STEP("list");
  int read = each_mapping(process, add_to_listing, &listing);
  STEP("listed");
  return read <= 0 ? read : (ssize_t)listing.count;
}

int mapping__was_shared(const struct ebb_process *process, uint64_t address) {
  size_t low = 0, high = process->shared_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (process->shared[middle].end <= address) low = middle + 1;
    else high = middle;
  }
  return low < process->shared_count && process->shared[low].start <= address;
}

struct search {
  uint64_t address;
  struct ebb_mapping *out;
  int found;
};

static int is_at(void *context, const struct ebb_mapping *mapping) {
  struct search *search = context;
  if (mapping->end <= search->address) return 0;
  *search->out = *mapping;
  return search->found = 1;
}

/* Fine enough to tell memory that may be advised from what may not: private without a file, the kernel's tmpfs, others. */
static uint64_t kind_of(const struct procmap_facts *facts) {
  if (facts->page_size > page_bytes()) return EBB_MAPPING_HUGETLB;
  if (facts->flags & QUERY_SHARED) return facts->dev_major == 0 ? EBB_MAPPING_SHARED : EBB_MAPPING_FILE;
  if (facts->inode == 0) return EBB_MAPPING_ANONYMOUS;
  return facts->dev_major == 0 ? EBB_MAPPING_SHARED : EBB_MAPPING_FILE;
}

static int query(struct ebb_process *process, uint64_t address, struct ebb_mapping *out) {
  struct procmap_facts facts = {.size = sizeof facts, .query_flags = NEXT_OR_COVERING, .query_addr = address};
  int answer;
  WATCHED(answer, sys_procmap_query(process->maps, &facts));
  if (answer == -ENOENT) return 0;
  if (answer < 0) return answer;
  *out = (struct ebb_mapping){facts.start, facts.end, kind_of(&facts)};
  return 1;
}

int mapping__at(struct ebb_process *process, uint64_t address, struct ebb_mapping *out) {
  if (process->maps < 0) return process->maps_error;
  if (ebb_features() & EBB_FEATURE_PROCMAP_QUERY) return query(process, address, out);
  struct search search = {address, out, 0};
  int read = each_mapping(process, is_at, &search);
  return read < 0 ? read : read == 0 ? -ESRCH : search.found;
}
