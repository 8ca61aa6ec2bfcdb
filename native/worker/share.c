/*
 * share.c: gives the one folder on the host that Ebb writes to the agent's group. The kubelet makes it root's, and sets no
 * group on folders of the host. Its owner may give it to a group that he is in without any capability, see chown(2).
 */
#include "share.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int share__folder(const char *path, gid_t group) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -errno;
  int failed = fchown(fd, (uid_t)-1, group) < 0 || fchmod(fd, 0770) < 0 ? -errno : 0;
  close(fd);
  return failed;
}
