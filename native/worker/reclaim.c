/*
 * reclaim.c: asks one cgroup to reclaim so many bytes, which drops what waits in the swap cache. A process of its own,
 * forked before the worker gives up writing: it keeps no capability and may open files for writing, the worker the
 * other way round.
 */
#include "reclaim.h"

#include "confine.h"
#include "frames.h"
#include "seccomp.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The cgroup's directory, once it is proven to be the one meant and of cgroup2. */
static int open_cgroup(const struct ebb_reclaim *wish) {
  char path[256 + EBB_PATH];
  snprintf(path, sizeof path, "%s%s", wish->mount, wish->cgroup);
  int fd = openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return -errno;
  struct stat stat;
  struct statfs system;
  int wrong = 0;
  if (fstat(fd, &stat) < 0 || fstatfs(fd, &system) < 0) wrong = -errno;
  else if (wish->cgroup_inode && stat.st_ino != wish->cgroup_inode) wrong = -ESTALE;
  else if (system.f_type != CGROUP2_SUPER_MAGIC) wrong = -EOPNOTSUPP;
  if (wrong) close(fd);
  return wrong ? wrong : fd;
}

static int read_usage(int cgroup, uint64_t *bytes) {
  char text[32] = {0};
  int fd = openat(cgroup, "memory.current", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  ssize_t length = read(fd, text, sizeof text - 1);
  close(fd);
  if (length <= 0) return -EIO;
  *bytes = strtoull(text, NULL, 10);
  return 0;
}

static int write_reclaim(int cgroup, uint64_t bytes) {
  char text[32];
  int fd = openat(cgroup, "memory.reclaim", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int length = snprintf(text, sizeof text, "%" PRIu64, bytes);
  int failed = write(fd, text, (size_t)length) < 0 ? -errno : 0;
  close(fd);
  return failed;
}

static uint32_t reason_of(int error) {
  if (error == 0 || error == -EAGAIN) return EBB_OK;
  if (error == -ENOENT || error == -EOPNOTSUPP) return EBB_RECLAIM_UNAVAILABLE;
  if (error == -ESTALE) return EBB_NOT_IN_CONTAINER;
  return error == -EACCES || error == -EPERM ? EBB_PERMISSION_DENIED : EBB_SYSTEM_ERROR;
}

static struct ebb_reclaimed reclaim(const struct ebb_reclaim *wish) {
  struct ebb_reclaimed done = {0};
  int cgroup = open_cgroup(wish), error = cgroup < 0 ? cgroup : 0;
  if (!error) error = read_usage(cgroup, &done.usage_before_bytes);
  if (!error) error = write_reclaim(cgroup, wish->bytes);
  if (!error || error == -EAGAIN) {
    int unread = read_usage(cgroup, &done.usage_after_bytes);
    if (unread) error = unread;
  }
  if (cgroup >= 0) close(cgroup);
  done.reason = reason_of(error);
  done.error = -error;
  return done;
}

static void serve(int fd, struct inbox *in) {
  struct pollfd poll_in = {.fd = fd, .events = POLLIN};
  if (poll(&poll_in, 1, -1) < 0) return;
  int got = inbox__read(in, fd, frame__check_header);
  if (got < 0) _exit(0);
  if (got == 0) return;
  if (in->frame.type != EBB_FRAME_RECLAIM) _exit(EXIT_FAILURE);
  struct ebb_reclaimed done = reclaim((const struct ebb_reclaim *)in->body);
  struct ebb_refused refused = {.reason = done.reason, .error = done.error};
  int is_refused = done.reason == EBB_RECLAIM_UNAVAILABLE;
  uint32_t type = is_refused ? EBB_FRAME_REFUSED : EBB_FRAME_RECLAIM, sequence = in->frame.sequence;
  inbox__clear(in);
  int failed = is_refused ? stream__send(fd, type, sequence, &refused, sizeof refused, NULL, 0)
                          : stream__send(fd, type, sequence, &done, sizeof done, NULL, 0);
  if (failed < 0) _exit(0);
}

static _Noreturn void run(int fd) {
  struct inbox in = {0};
  char is_enclosed = (char)confine__enclose("/sys/fs/cgroup");
  if (confine__drop_capabilities(0) < 0 || seccomp__install(SECCOMP_RECLAIMER) < 0) _exit(EXIT_FAILURE);
  if (send(fd, &is_enclosed, 1, MSG_NOSIGNAL) != 1) _exit(EXIT_FAILURE);
  for (;;) serve(fd, &in);
}

/* The worker serves nobody before this process has given up what it must not hold. */
static int await_confined(int fd, int *is_enclosed) {
  char byte = 0;
  ssize_t got;
  while ((got = recv(fd, &byte, 1, 0)) < 0 && errno == EINTR) continue;
  *is_enclosed = byte;
  return got == 1 ? 0 : -EPERM;
}

int reclaim__start(int *is_enclosed) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
  pid_t worker = getpid(), pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != worker) _exit(0);
    syscall(SYS_close_range, 3, pair[1] - 1, 0);
    syscall(SYS_close_range, pair[1] + 1, ~0u, 0);
    run(pair[1]);
  }
  int failed = pid < 0 ? -errno : 0;
  close(pair[1]);
  if (!failed) failed = await_confined(pair[0], is_enclosed);
  if (failed) close(pair[0]);
  return failed ? failed : pair[0];
}
