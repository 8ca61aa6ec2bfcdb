/* parse_maps.c: one line of /proc/PID/maps into a mapping and its kind. By hand, for 50,000 lines a read. Pure. */
#include "internal.h"

#include <errno.h>
#include <string.h>

struct line {
  struct ebb_mapping *mapping;
  int is_shared;
  uint64_t major, inode;
  const char *name;
  size_t name_length;
};

static int read_hex(struct cursor *cursor, uint64_t *value) {
  const char *first = cursor->at;
  uint64_t sum = 0;
  for (; cursor->at < cursor->end; cursor->at++) {
    unsigned digit = (unsigned char)*cursor->at;
    if (digit >= '0' && digit <= '9') digit -= '0';
    else if (digit >= 'a' && digit <= 'f') digit -= 'a' - 10;
    else break;
    sum = sum << 4 | digit;
  }
  *value = sum;
  return cursor->at > first && cursor->at - first <= 16 ? 0 : -EINVAL;
}

static int skip(struct cursor *cursor, char expected) {
  if (cursor->at >= cursor->end || *cursor->at != expected) return -EINVAL;
  cursor->at++;
  return 0;
}

static int read_bits(struct cursor *cursor, struct line *line) {
  const char *bits = cursor->at;
  if (cursor->end - bits < 5 || bits[4] != ' ' || (bits[3] != 'p' && bits[3] != 's')) return -EINVAL;
  uint64_t set = 0;
  if (bits[0] == 'r') set |= EBB_MAPPING_READ;
  if (bits[1] == 'w') set |= EBB_MAPPING_WRITE;
  if (bits[2] == 'x') set |= EBB_MAPPING_EXEC;
  line->is_shared = bits[3] == 's';
  if (line->is_shared) set |= EBB_MAPPING_IS_SHARED;
  line->mapping->kind_bits = set;
  cursor->at += 5;
  return 0;
}

static int read_file(struct cursor *cursor, struct line *line) {
  uint64_t offset, minor;
  if (read_hex(cursor, &offset) || skip(cursor, ' ') || read_hex(cursor, &line->major) || skip(cursor, ':') || read_hex(cursor, &minor)) return -EINVAL;
  if (skip(cursor, ' ') || text__unsigned(cursor, &line->inode)) return -EINVAL;
  if (cursor->at < cursor->end && *cursor->at != ' ') return -EINVAL;
  text__skip_blanks(cursor);
  line->name = cursor->at;
  line->name_length = (size_t)(cursor->end - cursor->at);
  return 0;
}

static int starts(const struct line *line, const char *prefix) {
  size_t length = strlen(prefix);
  return line->name_length >= length && memcmp(line->name, prefix, length) == 0;
}

/* Only the kernel names a mapping without a file in brackets: a path begins with a slash. */
static uint64_t kind_without_file(const struct line *line) {
  if (line->name_length == 0) return line->is_shared ? EBB_MAPPING_SPECIAL : EBB_MAPPING_ANONYMOUS;
  if (line->name[0] != '[') return EBB_MAPPING_FILE;
  if (line->is_shared) return starts(line, "[anon_shmem:") ? EBB_MAPPING_SHARED : EBB_MAPPING_SPECIAL;
  if (starts(line, "[heap]")) return EBB_MAPPING_HEAP;
  if (starts(line, "[stack")) return EBB_MAPPING_STACK;
  return starts(line, "[anon:") ? EBB_MAPPING_ANONYMOUS : EBB_MAPPING_SPECIAL;
}

/* Names of the kernel's own tmpfs: believed only where the device is none of a disk's. */
static uint64_t kind_with_file(const struct line *line) {
  if (line->major != 0) return EBB_MAPPING_FILE;
  if (starts(line, "/anon_hugepage")) return EBB_MAPPING_HUGETLB;
  if (starts(line, "/dev/zero (deleted)") || starts(line, "/memfd:") || starts(line, "/SYSV") || starts(line, "[anon_shmem:")) return EBB_MAPPING_SHARED;
  return EBB_MAPPING_FILE;
}

int ebb_parse_mapping(const char *text, size_t length, struct ebb_mapping *out) {
  struct cursor cursor = {text, text + length};
  struct line line = {.mapping = out};
  if (read_hex(&cursor, &out->start) || skip(&cursor, '-') || read_hex(&cursor, &out->end) || skip(&cursor, ' ')) return -EINVAL;
  if (out->start >= out->end || read_bits(&cursor, &line) || read_file(&cursor, &line)) return -EINVAL;
  out->kind_bits |= line.inode ? kind_with_file(&line) : kind_without_file(&line);
  return 0;
}
