/*
 * own_program.c: gives back the pages of the program that runs this, as far as they come back from its file. Most of a
 * program as large as Node is needed at its start only.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#define MAX_SEGMENTS 16
#ifdef EBB_TEST
#define TEXT_BYTES 512 /* the tests see lines cut everywhere */
#else
#define TEXT_BYTES 16384 /* of smaps: a line with a path of 4 KiB fits, also where each of its bytes is escaped */
#endif

struct program {
  struct ebb_range segments[MAX_SEGMENTS];
  size_t count;
  uint64_t end; /* of all of them */
};

/* What one entry of smaps says. */
struct entry {
  struct ebb_mapping mapping;
  uint64_t resident, own_copies; /* kB; own copies are what no file has, in memory or in swap */
};

/* Only what was never writable: the loader writes into the others, also where they are read-only by now (RELRO). */
static int take_segments(struct dl_phdr_info *info, size_t size, void *context) {
  struct program *program = context;
  uint64_t mask = page_bytes() - 1;
  (void)size;
  for (size_t i = 0; i < info->dlpi_phnum && program->count < MAX_SEGMENTS; i++) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || header->p_flags & PF_W) continue;
    uint64_t start = info->dlpi_addr + header->p_vaddr, end = (start + header->p_memsz + mask) & ~mask;
    program->segments[program->count++] = (struct ebb_range){start & ~mask, end};
    if (end > program->end) program->end = end;
  }
  return 1; /* the program itself is the first, its libraries follow */
}

static int lies_in(const struct program *program, const struct ebb_mapping *mapping) {
  for (size_t i = 0; i < program->count; i++)
    if (mapping->start >= program->segments[i].start && mapping->end <= program->segments[i].end) return 1;
  return 0;
}

/* A page with a breakpoint, or text that was moved to huge pages, is a copy that MADV_DONTNEED would lose. */
static int comes_back(const struct program *program, const struct entry *entry) {
  uint64_t kind = EBB_MAPPING_WRITE | EBB_MAPPING_IS_SHARED | 0xff;
  return (entry->mapping.kind_bits & kind) == EBB_MAPPING_FILE && entry->own_copies == 0 && lies_in(program, &entry->mapping);
}

/* How far the walk over smaps is. */
struct walk {
  struct program program;
  struct entry entry;
  int64_t given; /* bytes */
  int error;
  int is_past; /* all that follows lies behind the program */
};

static void give_back(struct walk *walk) {
  struct ebb_mapping *mapping = &walk->entry.mapping;
  if (walk->entry.resident == 0 || !comes_back(&walk->program, &walk->entry)) return;
  if (madvise((void *)(uintptr_t)mapping->start, mapping->end - mapping->start, MADV_DONTNEED) < 0) walk->error = -errno;
  else walk->given += (int64_t)(walk->entry.resident << 10);
}

static int begins(const struct cursor *line, const char *name) {
  size_t length = strlen(name);
  return (size_t)(line->end - line->at) > length && memcmp(line->at, name, length) == 0;
}

/* "Name:   12 kB": the number where it is this name, else 0. */
static uint64_t figure(const struct cursor *line, const char *name) {
  uint64_t value = 0;
  if (!begins(line, name)) return 0;
  struct cursor cursor = {line->at + strlen(name), line->end};
  text__skip_blanks(&cursor);
  text__unsigned(&cursor, &value);
  return value;
}

/* An entry begins with a line of maps and ends with its VmFlags. */
static void take_line(struct walk *walk, const struct cursor *line) {
  struct entry *entry = &walk->entry;
  struct ebb_mapping mapping;
  if (ebb_parse_mapping(line->at, (size_t)(line->end - line->at), &mapping) == 0) {
    *entry = (struct entry){.mapping = mapping};
    walk->is_past = mapping.start >= walk->program.end;
    return;
  }
  entry->resident += figure(line, "Rss:");
  entry->own_copies += figure(line, "Anonymous:") + figure(line, "Swap:");
  if (begins(line, "VmFlags:")) give_back(walk);
}

static int is_over(const struct walk *walk) {
  return walk->is_past || walk->error != 0;
}

/* Takes whole lines; what is there of the next one moves to the front. Answers how much. */
static size_t take_lines(struct walk *walk, char *text, size_t held) {
  struct cursor rest = {text, text + held}, line;
  while (!is_over(walk) && memchr(rest.at, '\n', (size_t)(rest.end - rest.at)) && text__line(&rest, &line)) take_line(walk, &line);
  held = (size_t)(rest.end - rest.at);
  memmove(text, rest.at, held);
  return held;
}

static void walk_over(struct walk *walk, int smaps) {
  char text[TEXT_BYTES];
  size_t held = 0;
  for (uint64_t offset = 0; !is_over(walk);) {
    ssize_t got = sys_pread(smaps, text + held, sizeof text - held, offset);
    if (got == -EINTR) continue;
    if (got < 0) walk->error = (int)got;
    if (got <= 0) return;
    offset += (uint64_t)got;
    held = take_lines(walk, text, held + (size_t)got);
    if (held == sizeof text) walk->error = -EOVERFLOW;
  }
}

int64_t ebb_give_back_own_program(void) {
  struct walk walk = {.given = 0};
  dl_iterate_phdr(take_segments, &walk.program);
  int smaps = sys_openat(-1, "/proc/self/smaps", O_RDONLY);
  if (smaps < 0) return smaps;
  walk_over(&walk, smaps);
  sys_close(smaps);
  return walk.error < 0 ? walk.error : walk.given;
}
