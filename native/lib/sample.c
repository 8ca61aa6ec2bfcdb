/* sample.c: stat and status of many processes in one call. Needs no right and answers even for a stuck target. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* FNV-1a over the fields that execve changes: stat 26-28 and 45-51. */
static uint64_t hash(const uint64_t fields[10]) {
  uint64_t key = 0xcbf29ce484222325u;
  for (size_t i = 0; i < 10; i++)
    for (size_t byte = 0; byte < 8; byte++) key = (key ^ (fields[i] >> (8 * byte) & 0xff)) * 0x100000001b3u;
  return key;
}

int sample__stat(int dir, struct ebb_sample *out, uint64_t *exec_key) {
  char text[SMALL_TEXT];
  uint64_t fields[10];
  ssize_t length = text__read(dir, "stat", text, sizeof text);
  if (length < 0) return (int)length;
  if (length == 0) return -ESRCH;
  int failed = ebb_parse_stat(text, (size_t)length, out, fields);
  if (!failed && exec_key) *exec_key = hash(fields);
  return failed;
}

int sample__read(int dir, struct ebb_sample *out, uint64_t *exec_key) {
  char text[SMALL_TEXT];
  memset(out, 0, sizeof *out);
  int failed = sample__stat(dir, out, exec_key);
  if (failed) return failed;
  ssize_t length = text__read_lines(dir, "status", text, sizeof text);
  if (length < 0) return (int)length;
  return length == 0 ? -ESRCH : ebb_parse_status(text, (size_t)length, out);
}

/* Through one directory, so that both files are of the same process whatever becomes of its number. */
static int sample_one(int proc_fd, int32_t pid, struct ebb_sample *out) {
  char name[24];
  if (pid <= 0) return -ESRCH;
  text__write_number((uint64_t)pid, name);
  int dir = sys_openat(proc_fd, name, O_PATH | O_DIRECTORY);
  if (dir < 0) return dir == -ENOENT ? -ESRCH : dir;
  int failed = sample__read(dir, out, NULL);
  sys_close(dir);
  return failed;
}

ssize_t ebb_sample_processes(int proc_fd, const int32_t *pids, size_t count, struct ebb_sample *out) {
  ssize_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    memset(&out[i], 0, sizeof out[i]);
    int failed = sample_one(proc_fd, pids[i], &out[i]);
    if (failed) memset(&out[i], 0, sizeof out[i]);
    out[i].pid = pids[i];
    out[i].error = -failed;
    filled += failed == 0;
  }
  return filled;
}
