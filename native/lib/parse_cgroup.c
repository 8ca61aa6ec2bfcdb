/* parse_cgroup.c: the memory controller's line of /proc/PID/cgroup: its v1 line, else the v2 line; and where its path leads. Pure. */
#include "internal.h"

#include <errno.h>
#include <string.h>

/* "4:memory:/path" or "0::/path". The path goes to the end of the line: it may hold colons and blanks. */
static int split(struct cursor *line, struct cursor *controllers, struct cursor *path) {
  uint64_t hierarchy;
  if (text__unsigned(line, &hierarchy) || line->at >= line->end || *line->at++ != ':') return -EINVAL;
  const char *colon = memchr(line->at, ':', (size_t)(line->end - line->at));
  if (!colon || colon + 1 >= line->end || colon[1] != '/') return -EINVAL;
  *controllers = (struct cursor){line->at, colon};
  *path = (struct cursor){colon + 1, line->end};
  return hierarchy == 0 && colon == line->at ? 2 : 1;
}

static int names_memory(struct cursor list) {
  while (list.at < list.end) {
    const char *comma = memchr(list.at, ',', (size_t)(list.end - list.at));
    const char *end = comma ? comma : list.end;
    if (end - list.at == 6 && memcmp(list.at, "memory", 6) == 0) return 1;
    list.at = comma ? comma + 1 : list.end;
  }
  return 0;
}

static int give(const struct cursor *found, char *path, size_t capacity) {
  size_t length = (size_t)(found->end - found->at);
  if (length >= capacity || memchr(found->at, 0, length)) return -EINVAL;
  memcpy(path, found->at, length);
  path[length] = 0;
  return 0;
}

int ebb_parse_cgroup(const char *text, size_t length, char *path, size_t path_capacity, int *is_v2) {
  struct cursor rest = {text, text + length}, line, controllers, here, unified = {NULL, NULL};
  while (text__line(&rest, &line)) {
    int version = split(&line, &controllers, &here);
    if (version < 0) return version;
    if (version == 2) unified = here;
    if (version != 1 || !names_memory(controllers)) continue;
    *is_v2 = 0;
    return give(&here, path, path_capacity);
  }
  *is_v2 = 1;
  return unified.at ? give(&unified, path, path_capacity) : -EINVAL;
}

/* The length of `root` without its last name; -1: there is none. */
static ssize_t parent(const char *root, ssize_t length) {
  if (length <= 0) return -1;
  while (root[--length] != '/') continue;
  return length;
}

int cgroup__resolve(const char *root, char *path, size_t capacity) {
  ssize_t kept = (ssize_t)strlen(root);
  const char *rest = path;
  while (strncmp(rest, "/..", 3) == 0 && (rest[3] == '/' || rest[3] == 0)) {
    if ((kept = parent(root, kept)) < 0) return -EINVAL;
    rest += 3;
  }
  if (kept > 0 && strcmp(rest, "/") == 0) rest++;
  size_t length = strlen(rest);
  if ((size_t)kept + length + 1 > capacity) return -ENAMETOOLONG;
  memmove(path + kept, rest, length + 1);
  memcpy(path, root, (size_t)kept);
  if (path[0] == 0) strcpy(path, "/");
  return 0;
}
