/* read_files.c: many small files in one call: counters and pressure of cgroups. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MAX_FILE 65536

/* How many bytes there are; a byte past `room` is asked for to see the end. */
static ssize_t read_whole(int fd, char *buffer, size_t room) {
  size_t held = 0;
  for (;;) {
    char beyond;
    int is_full = held == room;
    ssize_t got = is_full ? sys_pread(fd, &beyond, 1, held) : sys_pread(fd, buffer + held, room - held, held);
    if (got == -EINTR) continue;
    if (got < 0) return got;
    if (got == 0) return (ssize_t)held;
    if (is_full) return -EOVERFLOW;
    held += (size_t)got;
  }
}

static ssize_t read_one(int dir_fd, const char *path, char *buffer, size_t room) {
  int fd = sys_openat(dir_fd, path, O_RDONLY | O_NONBLOCK);
  if (fd < 0) return fd;
  ssize_t length = read_whole(fd, buffer, room < MAX_FILE ? room : MAX_FILE);
  sys_close(fd);
  return length;
}

ssize_t ebb_read_files(int dir_fd, const char *paths, size_t count, char *buffer, size_t capacity, struct ebb_file_result *results) {
  size_t used = 0;
  if (capacity > UINT32_MAX) capacity = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    ssize_t length = read_one(dir_fd, paths, buffer + used, capacity - used);
    results[i] = (struct ebb_file_result){.offset = (uint32_t)used};
    if (length < 0) results[i].error = (int32_t)-length;
    else results[i].length = (uint32_t)length;
    used += results[i].length;
    paths += strlen(paths) + 1;
  }
  return (ssize_t)used;
}
