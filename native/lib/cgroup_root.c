/*
 * cgroup_root.c: where this program's cgroup namespace begins. On cgroup v2 a container has one of its own, and
 * /proc/PID/cgroup then tells of everyone else relative to it: "/../../other-pod/container" (cgroup_namespaces(7)). The
 * folder that it begins in is found without any right: the one whose cgroup.procs has us in it, less our own path.
 */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEPTH 32

/* 1: the list of numbers has this one. */
static int lists(int file, uint64_t pid) {
  char block[4096];
  uint64_t number = 0, at = 0;
  for (;;) {
    ssize_t length = sys_pread(file, block, sizeof block, at);
    if (length <= 0) return 0;
    at += (uint64_t)length;
    for (ssize_t i = 0; i < length; i++) {
      if (block[i] != '\n') number = number * 10 + (uint64_t)(block[i] - '0');
      else if (number == pid) return 1;
      else number = 0;
    }
  }
}

static int has_us(int folder) {
  int file = sys_openat(folder, "cgroup.procs", O_RDONLY);
  if (file < 0) return 0;
  int found = lists(file, (uint64_t)getpid());
  sys_close(file);
  return found;
}

struct search {
  char *path;
  size_t length;
  int depth;
};

static int descend(struct search *search, int folder);

static int visit(void *context, int folder, const char *name, int type) {
  struct search *search = context;
  if (type != DT_DIR || name[0] == '.') return 0;
  size_t before = search->length, length = strlen(name);
  if (search->depth == MAX_DEPTH || before + 1 + length >= EBB_PATH) return 0;
  int child = sys_openat(folder, name, O_RDONLY | O_DIRECTORY);
  if (child < 0) return 0; /* gone meanwhile */
  search->path[before] = '/';
  memcpy(search->path + before + 1, name, length + 1);
  search->length = before + 1 + length;
  search->depth++;
  int found = has_us(child) || descend(search, child);
  sys_close(child);
  search->depth--;
  if (!found) search->path[search->length = before] = 0;
  return found;
}

static int descend(struct search *search, int folder) {
  return entries__each(folder, visit, search) > 0;
}

/* Our cgroup from the mount, "" for its top. 0: no folder has us. */
static int find_us(const char *mount, char path[EBB_PATH]) {
  struct search search = {.path = path};
  path[0] = 0;
  int top = sys_openat(-1, mount, O_RDONLY | O_DIRECTORY);
  if (top < 0) return 0;
  int found = has_us(top) || descend(&search, top);
  sys_close(top);
  return found;
}

/* Our cgroup as our namespace tells it. */
static int own_line(char path[EBB_PATH]) {
  char text[SMALL_TEXT * 2];
  int is_v2;
  ssize_t length = text__read(-1, "/proc/self/cgroup", text, sizeof text);
  return length <= 0 ? -ESRCH : ebb_parse_cgroup(text, (size_t)length, path, EBB_PATH, &is_v2);
}

/* Cuts what the namespace tells off the whole path. 0: it does not end so, since we were moved out of the namespace's begin. */
static int cut(char path[EBB_PATH], const char *told) {
  size_t whole = strlen(path), length = strcmp(told, "/") == 0 ? 0 : strlen(told);
  if (length > whole || memcmp(path + whole - length, told, length) != 0) return 0;
  path[whole - length] = 0;
  return 1;
}

const char *ebb_cgroup_root(const char *mount) {
  static char known[sizeof ((struct ebb_begin *)0)->mount], root[EBB_PATH];
  char told[EBB_PATH];
  if (known[0] && strcmp(known, mount) == 0) return root;
  strcpy(known, mount);
  if (own_line(told) < 0 || !find_us(mount, root) || !cut(root, told)) root[0] = 0;
  return root;
}
