/*
 * share.c: gives the one folder on the host that Ebb writes to the agent's group. The kubelet makes it root's, and sets no
 * group on folders of the host. Its owner may give it to a group that he is in without any capability, see chown(2).
 * Whoever installs the chart names the folder, so what holds anything else is not touched: it is another's.
 */
#include "share.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the agent makes there, by its arguments in charts/ebb: --lock and --state-dir, and what they named before. Where the
 * folder is a file system of its own, that has a lost+found. */
static const char *const own[] = {".", "..", "lost+found", "lock", "state", "agent.lock", "agent"};

static int is_own(const char *name) {
  for (size_t at = 0; at < sizeof own / sizeof *own; at++)
    if (!strcmp(name, own[at])) return 1;
  return 0;
}

static int refuse(const char *path, const char *name) {
  fprintf(stderr, "ebb-worker: %s holds ", path);
  for (; *name; name++) fputc(isprint((unsigned char)*name) ? *name : '?', stderr);
  fputs(", which is not the agent's: give it a folder of its own (agent.stateFolder)\n", stderr);
  return -ENOTEMPTY;
}

static int find_others(const char *path, DIR *folder) {
  struct dirent *entry;
  while (errno = 0, (entry = readdir(folder)))
    if (!is_own(entry->d_name)) return refuse(path, entry->d_name);
  return -errno;
}

int share__folder(const char *path, gid_t group) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (!folder) return -errno;
  int failed = find_others(path, folder);
  if (!failed && (fchown(fd, (uid_t)-1, group) < 0 || fchmod(fd, 0770) < 0)) failed = -errno;
  closedir(folder);
  return failed;
}
