/* syscalls.c: one function per system call, with the kernel's names and argument order; each answers -errno. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

/* The sizes of the structs are part of these numbers; KERNEL facts: Linux 6.13, 6.11, 6.7. */
#define REQUEST_PIDFD_GET_INFO 0xc048ff0bu
#define REQUEST_PROCMAP_QUERY 0xc0686611u
#define REQUEST_PAGEMAP_SCAN 0xc0606610u
#define KCMP_VM_TYPE 1

_Static_assert(sizeof(struct pidfd_facts) == 0x48, "pidfd_info");
_Static_assert(sizeof(struct procmap_facts) == 0x68, "procmap_query");
_Static_assert(sizeof(struct pagemap_scan) == 0x60, "pm_scan_arg");

#define ANSWER(type, call)             \
  type answer = (type)(call);          \
  return answer < 0 ? -errno : answer

int sys_openat(int dir, const char *path, int flags) {
  ANSWER(int, syscall(SYS_openat, dir, path, flags | O_CLOEXEC, 0));
}

int sys_close(int fd) {
  ANSWER(int, close(fd));
}

ssize_t sys_pread(int fd, void *buffer, size_t size, uint64_t offset) {
  ANSWER(ssize_t, pread(fd, buffer, size, (off_t)offset));
}

ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size) {
  ANSWER(ssize_t, syscall(SYS_readlinkat, dir, path, buffer, size));
}

ssize_t sys_getdents64(int fd, void *buffer, size_t size) {
  ANSWER(ssize_t, syscall(SYS_getdents64, fd, buffer, size));
}

int sys_fstatat_inode(int dir, const char *path, uint64_t *inode) {
  struct stat stat;
  int failed = *path ? fstatat(dir, path, &stat, AT_SYMLINK_NOFOLLOW) : fstat(dir, &stat);
  if (failed < 0) return -errno;
  *inode = stat.st_ino;
  return 0;
}

int sys_fstatat_file(int dir, const char *path, uint64_t *device, uint64_t *inode) {
  struct stat stat;
  if (fstatat(dir, path, &stat, 0) < 0) return -errno;
  *device = stat.st_dev;
  *inode = stat.st_ino;
  return 0;
}

int sys_poll_one(int fd, int timeout_millis) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  ANSWER(int, poll(&one, 1, timeout_millis));
}

int sys_pidfd_open(int32_t pid) {
  ANSWER(int, syscall(SYS_pidfd_open, pid, 0));
}

int sys_kcmp_vm(int32_t a, int32_t b) {
  ANSWER(int, syscall(SYS_kcmp, a, b, KCMP_VM_TYPE, 0, 0));
}

ssize_t sys_process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice) {
  ANSWER(ssize_t, syscall(SYS_process_madvise, pidfd, ranges, count, advice, 0));
}

int sys_capget(uint32_t *effective) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
  if (syscall(SYS_capget, &header, data) < 0) return -errno;
  *effective = data[0].effective;
  return 0;
}

int sys_pidfd_get_info(int pidfd, struct pidfd_facts *facts) {
  ANSWER(int, syscall(SYS_ioctl, pidfd, REQUEST_PIDFD_GET_INFO, facts));
}

int sys_procmap_query(int maps, struct procmap_facts *facts) {
  ANSWER(int, syscall(SYS_ioctl, maps, REQUEST_PROCMAP_QUERY, facts));
}

ssize_t sys_pagemap_scan(int pagemap, struct pagemap_scan *scan) {
  ANSWER(ssize_t, syscall(SYS_ioctl, pagemap, REQUEST_PAGEMAP_SCAN, scan));
}

/* clock_getcpuclockid(3) without its check: ~pid << 3 | CPUCLOCK_SCHED. */
int sys_process_cpu_nanos(int32_t pid, uint64_t *nanos) {
  struct timespec t;
  if (clock_gettime((clockid_t)(~(uint32_t)pid << 3 | 2), &t) < 0) return -errno;
  *nanos = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
  return 0;
}

uint64_t monotonic_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void monotonic_sleep(uint64_t micros) {
  struct timespec wait = {.tv_sec = (time_t)(micros / 1000000), .tv_nsec = (long)(micros % 1000000 * 1000)};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, NULL);
}

uint64_t page_bytes(void) {
  return (uint64_t)sysconf(_SC_PAGESIZE); /* from the auxiliary vector: no system call */
}
