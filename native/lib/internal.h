/*
 * internal.h: what the files of the library share: system calls by the kernel's names, the process behind a handle, and
 * the hook between two steps that tests build with (EBB_TEST).
 */
#ifndef EBB_INTERNAL_H
#define EBB_INTERNAL_H

#pragma GCC visibility push(default)
#include "../ebb.h"
#ifdef EBB_TEST
extern void (*ebb_test_step)(const char *name);
extern uint32_t ebb_test_without;
#endif
#pragma GCC visibility pop

#ifdef EBB_TEST
#define STEP(name) (ebb_test_step ? ebb_test_step(name) : (void)0)
#else
#define STEP(name) ((void)0)
#endif

#define HUGE_PAGE_BYTES (2u << 20)
#define SMALL_TEXT 4096 /* stat, status and cgroup of a process */
#define BLOCK_BYTES 65536

/* ---- syscalls.c: one system call each, the kernel's names, -errno ---- */
int sys_openat(int dir, const char *path, int flags);
int sys_close(int fd);
ssize_t sys_pread(int fd, void *buffer, size_t size, uint64_t offset);
ssize_t sys_readlinkat(int dir, const char *path, char *buffer, size_t size);
ssize_t sys_getdents64(int fd, void *buffer, size_t size);
int sys_fstatat_inode(int dir, const char *path, uint64_t *inode);
int sys_fstatat_file(int dir, const char *path, uint64_t *device, uint64_t *inode); /* what a link leads to */
int sys_poll_one(int fd, int timeout_millis);
int sys_pidfd_open(int32_t pid);
int sys_kcmp_vm(int32_t a, int32_t b);
ssize_t sys_process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice);
int sys_capget(uint32_t *effective);

struct pidfd_facts {
  uint64_t mask, cgroup_inode;
  uint32_t pid, tgid, parent, ids[8];
  int32_t exit_code;
  uint32_t later[2];
};
int sys_pidfd_get_info(int pidfd, struct pidfd_facts *facts);

struct procmap_facts {
  uint64_t size, query_flags, query_addr, start, end, flags, page_size, offset, inode;
  uint32_t dev_major, dev_minor, name_size, build_id_size;
  uint64_t name_addr, build_id_addr;
};
int sys_procmap_query(int maps, struct procmap_facts *facts);

struct pagemap_scan {
  uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, inverted, mask, anyof, returned;
};
ssize_t sys_pagemap_scan(int pagemap, struct pagemap_scan *scan);

/* CPU time of all threads of a process, by number: good for pacing, never for identity. */
int sys_process_cpu_nanos(int32_t pid, uint64_t *nanos);
uint64_t monotonic_micros(void);
void monotonic_sleep(uint64_t micros);
uint64_t page_bytes(void);

/* ---- text.c: whole small files, and numbers in text ---- */

/* Reads path below dir whole. -EOVERFLOW: it does not fit. The read is NUL-terminated, for no more than debuggers. */
ssize_t text__read(int dir, const char *path, char *buffer, size_t capacity);
/* The same without the lines that do not fit: in status those are "Groups:" of who is in a thousand. */
ssize_t text__read_lines(int dir, const char *path, char *buffer, size_t capacity);
/* "12345" of a PID. buffer holds 12 bytes. */
void text__write_number(uint64_t value, char *buffer);

struct cursor {
  const char *at, *end;
};
/* Decimal digits into value. 0, or -EINVAL: none, or more than fit. */
int text__unsigned(struct cursor *cursor, uint64_t *value);
int text__signed(struct cursor *cursor, int64_t *value);
void text__skip_blanks(struct cursor *cursor);
/* Cuts the next line, without its newline, off cursor. 0: nothing left. */
int text__line(struct cursor *cursor, struct cursor *line);
/* A directory entry's name as a PID; 0: not one. */
int32_t text__pid(const char *name);

/* ---- entries.c ---- */

/* type: DT_DIR and so on. Whoever answers other than 0 has seen enough. */
typedef int (*visit_entry)(void *context, int dir, const char *name, int type);
/* 0: all of them were visited; else what a visit answered, or -errno. */
int entries__each(int dir, visit_entry visit, void *context);

/* ---- the process behind a handle ---- */
struct ebb_process {
  int32_t pid;
  int pidfd;
  int dir;
  int maps; /* opened with the handle: it pins the program that was there then */
  int maps_error;
  int pagemap; /* -1 until first used; pins what maps pins */
  uint64_t start_ticks;
  uint64_t exec_key;
  uint64_t cpu_nanos;    /* used when last asked: pace.c */
  uint64_t awake_micros; /* until when it counts as awake */
  struct ebb_begin who;
  struct ebb_range *shared; /* shared mappings of the last listing: there, advice on shared memory is meant */
  size_t shared_count, shared_capacity;
  char block[BLOCK_BYTES];
};

/* sample.c: stat and status of the process directory. */
int sample__read(int dir, struct ebb_sample *out, uint64_t *exec_key);
int sample__stat(int dir, struct ebb_sample *out, uint64_t *exec_key); /* stat alone, into a zeroed sample */

/* parse_status.c */
int status__tgid(const char *text, size_t length, int32_t *tgid);

/* cgroups.c: is the process in the container, and how sure is that */
uint32_t cgroup__check(const struct ebb_process *process, struct ebb_proof *proof);
int cgroup__contains(const char *container, const char *path);
/* 1: the process directory's memory cgroup lies in who's. */
int cgroup__has(const struct ebb_begin *who, int dir);

/* parse_cgroup.c: a path that /proc/PID/cgroup tells in a namespace that begins at `root` ("" for the top), made one from the top. -EINVAL: above it. */
int cgroup__resolve(const char *root, char *path, size_t capacity);

/* origin.c: who we are ourselves */
uint32_t origin__check(int32_t pid);

/* identity.c */
int process__is_alive(const struct ebb_process *process);
/* EBB_OK: the program of the handle still runs; else EBB_EXITED, EBB_EXECED, EBB_LEADER_EXITED or why it can't be told, with -errno in *error. */
uint32_t process__check_program(struct ebb_process *process, int *error);
uint32_t process__gone_reason(struct ebb_process *process);
uint32_t process__denied_reason(int scanning);
int process__may(const struct ebb_process *process, uint32_t right);

/* mappings.c: the mapping at or after an address; 1 found, 0 none, -errno */
int mapping__at(struct ebb_process *process, uint64_t address, struct ebb_mapping *out);
int mapping__was_shared(const struct ebb_process *process, uint64_t address);

/* pages.c */
int pages__open(struct ebb_process *process);

#define WATCHED(result, call)        \
  do {                               \
    if (ebb_watch) ebb_watch(1);     \
    result = (call);                 \
    if (ebb_watch) ebb_watch(0);     \
  } while (0)

#endif
