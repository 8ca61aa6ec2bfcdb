/* listen.c: the unix socket on which a worker in its own container waits for the agent. unix(7). */
#include "listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int remove_old(const char *path) {
  struct stat stat;
  if (lstat(path, &stat) < 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(stat.st_mode)) return -EEXIST;
  return unlink(path) < 0 ? -errno : 0;
}

/*
 * The allowed user owns the socket. A pod's worker has no CAP_CHOWN: there the socket's group is that of its setgid
 * directory (fsGroup), and may connect. Either way the peer's uid is checked on every connection.
 */
static int restrict_to(const char *path, uid_t allowed) {
  struct stat stat;
  if (lchown(path, allowed, (gid_t)-1) == 0) return chmod(path, 0600) < 0 ? -errno : 0;
  if (errno != EPERM || lstat(path, &stat) < 0 || stat.st_gid == 0) return -EPERM;
  return chmod(path, 0660) < 0 ? -errno : 0;
}

int listen__open(const char *path, uid_t allowed) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int failed = remove_old(path);
  if (failed) return failed;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  mode_t before = umask(0177);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) failed = -errno;
  umask(before);
  if (!failed) failed = restrict_to(path, allowed);
  if (!failed && listen(fd, 1) < 0) failed = -errno;
  if (failed) close(fd);
  return failed ? failed : fd;
}
