/* parse_status.c: /proc/PID/status. The kernel escapes newlines in the name, so lines are lines. Pure. */
#include "internal.h"

#include <errno.h>
#include <string.h>

static int has_key(struct cursor *line, const char *key) {
  size_t length = strlen(key);
  if ((size_t)(line->end - line->at) <= length || memcmp(line->at, key, length) || line->at[length] != ':') return 0;
  line->at += length + 1;
  text__skip_blanks(line);
  return 1;
}

static int read_bytes(struct cursor *line, uint64_t *bytes) {
  uint64_t kibibytes;
  if (text__unsigned(line, &kibibytes) || kibibytes > UINT64_MAX / 1024) return -EINVAL;
  *bytes = kibibytes * 1024;
  return 0;
}

static int read_pid(struct cursor *line, int32_t *pid) {
  uint64_t value;
  if (text__unsigned(line, &value) || value > INT32_MAX) return -EINVAL;
  *pid = (int32_t)value;
  return 0;
}

/* Real, effective, saved, file system: the second counts. */
static int read_uid(struct cursor *line, uint32_t *uid) {
  uint64_t value;
  if (text__unsigned(line, &value)) return -EINVAL;
  text__skip_blanks(line);
  if (text__unsigned(line, &value) || value > UINT32_MAX) return -EINVAL;
  *uid = (uint32_t)value;
  return 0;
}

static int read_levels(struct cursor *line, struct ebb_sample *out) {
  int32_t pid;
  out->ns_depth = 0;
  while (line->at < line->end) {
    if (read_pid(line, &pid)) return -EINVAL;
    size_t level = out->ns_depth < EBB_NS_LEVELS ? out->ns_depth : EBB_NS_LEVELS - 1;
    out->ns_pids[level] = pid;
    out->ns_depth++;
    text__skip_blanks(line);
  }
  return out->ns_depth ? 0 : -EINVAL;
}

static int read_amount(struct cursor *line, struct ebb_sample *out) {
  if (has_key(line, "VmSize")) return read_bytes(line, &out->size_bytes);
  if (has_key(line, "VmLck")) return read_bytes(line, &out->locked_bytes);
  if (has_key(line, "VmPin")) return read_bytes(line, &out->pinned_bytes);
  if (has_key(line, "VmSwap")) return read_bytes(line, &out->swap_bytes);
  if (has_key(line, "RssAnon")) return read_bytes(line, &out->rss_anon_bytes);
  if (has_key(line, "RssFile")) return read_bytes(line, &out->rss_file_bytes);
  if (has_key(line, "RssShmem")) return read_bytes(line, &out->rss_shmem_bytes);
  return 0;
}

static int read_line(struct cursor *line, struct ebb_sample *out) {
  if (has_key(line, "TracerPid")) return read_pid(line, &out->tracer);
  if (has_key(line, "Uid")) return read_uid(line, &out->uid);
  if (has_key(line, "NSpid")) return read_levels(line, out);
  return read_amount(line, out);
}

int ebb_parse_status(const char *text, size_t length, struct ebb_sample *out) {
  struct cursor rest = {text, text + length}, line;
  int32_t tgid;
  if (status__tgid(text, length, &tgid)) return -EINVAL;
  while (text__line(&rest, &line))
    if (read_line(&line, out)) return -EINVAL;
  if (out->tracer) out->flags |= EBB_PROCESS_TRACED;
  return 0;
}

int status__tgid(const char *text, size_t length, int32_t *tgid) {
  struct cursor rest = {text, text + length}, line;
  while (text__line(&rest, &line))
    if (has_key(&line, "Tgid")) return read_pid(&line, tgid);
  return -EINVAL;
}
