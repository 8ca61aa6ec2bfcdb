/* text.c: reads the kernel's small text files whole and scans what is in them without ever leaving the buffer. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static ssize_t read_all(int fd, char *buffer, size_t capacity) {
  size_t held = 0;
  for (;;) {
    if (held == capacity) return -EOVERFLOW;
    ssize_t got = sys_pread(fd, buffer + held, capacity - held, held);
    if (got == -EINTR) continue;
    if (got < 0) return got;
    if (got == 0) return (ssize_t)held;
    held += (size_t)got;
  }
}

ssize_t text__read(int dir, const char *path, char *buffer, size_t capacity) {
  int fd = sys_openat(dir, path, O_RDONLY);
  if (fd < 0) return fd;
  ssize_t length = read_all(fd, buffer, capacity - 1);
  sys_close(fd);
  buffer[length < 0 ? 0 : length] = 0;
  return length;
}

/* What follows the last newline. */
static size_t last_line(const char *buffer, size_t length) {
  while (length > 0 && buffer[length - 1] != '\n') length--;
  return length;
}

static ssize_t read_lines(int fd, char *buffer, size_t capacity) {
  size_t held = 0;
  uint64_t offset = 0;
  for (int skipping = 0;;) {
    ssize_t got = sys_pread(fd, buffer + held, capacity - held, offset);
    if (got == -EINTR) continue;
    if (got <= 0) return got < 0 ? got : (ssize_t)held;
    offset += (uint64_t)got;
    char *from = buffer + held, *newline = skipping ? memchr(from, '\n', (size_t)got) : from - 1;
    if (!newline) continue;
    size_t kept = (size_t)(from + got - (newline + 1));
    memmove(from, newline + 1, kept);
    held += kept;
    skipping = held == capacity;
    if (!skipping) continue;
    held = last_line(buffer, held);
    if (held == capacity) return -EOVERFLOW;
  }
}

ssize_t text__read_lines(int dir, const char *path, char *buffer, size_t capacity) {
  int fd = sys_openat(dir, path, O_RDONLY);
  if (fd < 0) return fd;
  ssize_t length = read_lines(fd, buffer, capacity);
  sys_close(fd);
  return length;
}

void text__write_number(uint64_t value, char *buffer) {
  char digits[20];
  size_t count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) *buffer++ = digits[--count];
  *buffer = 0;
}

int text__unsigned(struct cursor *cursor, uint64_t *value) {
  const char *first = cursor->at;
  uint64_t sum = 0;
  for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
    if (__builtin_mul_overflow(sum, (uint64_t)10, &sum) || __builtin_add_overflow(sum, (uint64_t)(*cursor->at - '0'), &sum)) return -EINVAL;
  *value = sum;
  return cursor->at > first ? 0 : -EINVAL;
}

int text__signed(struct cursor *cursor, int64_t *value) {
  int negative = cursor->at < cursor->end && *cursor->at == '-';
  uint64_t size;
  cursor->at += negative;
  if (text__unsigned(cursor, &size) || size > INT64_MAX) return -EINVAL;
  *value = negative ? -(int64_t)size : (int64_t)size;
  return 0;
}

void text__skip_blanks(struct cursor *cursor) {
  while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t')) cursor->at++;
}

int text__line(struct cursor *cursor, struct cursor *line) {
  if (cursor->at >= cursor->end) return 0;
  const char *newline = memchr(cursor->at, '\n', (size_t)(cursor->end - cursor->at));
  line->at = cursor->at;
  line->end = newline ? newline : cursor->end;
  cursor->at = newline ? newline + 1 : cursor->end;
  return 1;
}

int32_t text__pid(const char *name) {
  struct cursor cursor = {name, name + strlen(name)};
  uint64_t value;
  if (text__unsigned(&cursor, &value) || cursor.at != cursor.end || value > INT32_MAX) return 0;
  return (int32_t)value;
}
