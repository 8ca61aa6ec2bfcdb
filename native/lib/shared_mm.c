/*
 * shared_mm.c: processes that share one address space count once. Of those opened together the oldest counts, of others who
 * was opened first; one that is also held outside the container is left alone; a vfork child before its exec is nobody.
 * kcmp(2) is asked only about processes whose exec fields agree, since those live in the address space itself.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MAX_THREADS 1024

static int share(int32_t a, int32_t b) {
  int answer;
  WATCHED(answer, sys_kcmp_vm(a, b));
  return answer == 0;
}

/* ---- is a parent waiting in vfork ---- */

static int is_vfork_wait(const char *place) {
  return strstr(place, "vfork") || strstr(place, "kernel_clone") || strstr(place, "do_fork") || strstr(place, "clone");
}

/* A thread in uninterruptible sleep, and in fork where the kernel says where ("0": it does not). */
static int thread_waits(void *context, int dir, const char *name, int type) {
  (void)context, (void)type;
  if (!text__pid(name)) return 0;
  char place[128];
  struct ebb_sample sample = {0};
  uint64_t key;
  int thread = sys_openat(dir, name, O_PATH | O_DIRECTORY), waits = 0;
  if (thread < 0) return 0;
  if (sample__stat(thread, &sample, &key) == 0 && sample.state == 'D') {
    ssize_t length = text__read(thread, "wchan", place, sizeof place);
    waits = length <= 1 || is_vfork_wait(place);
  }
  sys_close(thread);
  return waits;
}

static int waits_in_vfork(int32_t pid) {
  char path[40] = "/proc/";
  text__write_number((uint64_t)pid, path + 6);
  strcat(path, "/task");
  int tasks = sys_openat(-1, path, O_RDONLY | O_DIRECTORY);
  if (tasks < 0) return 0;
  int waits = entries__each(tasks, thread_waits, NULL);
  sys_close(tasks);
  return waits > 0;
}

static void mark(struct ebb_proof *proof, uint32_t reason, int32_t counts) {
  proof->reason = reason;
  proof->shared_with = counts;
}

/* ---- within the session ---- */

static int is_older(const struct ebb_sample *a, const struct ebb_sample *b) {
  return a->start_ticks != b->start_ticks ? a->start_ticks < b->start_ticks : a->pid < b->pid;
}

/* A parent is older than its child whatever the 10 ms ticks say. */
static int counts_before(const struct ebb_sample *a, const struct ebb_sample *b) {
  if (b->parent == a->pid) return 1;
  return a->parent == b->pid ? 0 : is_older(a, b);
}

/* `settled`: a was told before that it counts. */
static void mark_pair(struct ebb_proof *a, struct ebb_proof *b, int settled) {
  int first = settled || counts_before(&a->sample, &b->sample);
  struct ebb_proof *kept = first ? a : b, *dropped = first ? b : a;
  int is_vfork = dropped->sample.parent == kept->pid && waits_in_vfork(kept->pid);
  mark(dropped, is_vfork ? EBB_VFORK_CHILD : EBB_SAME_ADDRESS_SPACE, kept->pid);
}

static int32_t dropped_for(const struct ebb_proof *proofs, size_t count, int32_t pid) {
  for (size_t i = 0; i < count; i++)
    if (proofs[i].pid == pid && proofs[i].reason == EBB_SAME_ADDRESS_SPACE) return proofs[i].shared_with;
  return pid;
}

/* The one that a process was dropped for may itself have been dropped later: name the one that counts. */
static void name_counting(struct ebb_proof *proofs, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t hops = 0; proofs[i].reason == EBB_SAME_ADDRESS_SPACE && hops < count; hops++)
      proofs[i].shared_with = dropped_for(proofs, count, proofs[i].shared_with);
}

static void find_inside(struct ebb_proof *proofs, size_t count, size_t settled) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = i + 1; j < count && proofs[i].reason == EBB_OK; j++)
      if (proofs[j].reason == EBB_OK && proofs[i].exec_key == proofs[j].exec_key && share(proofs[i].pid, proofs[j].pid))
        mark_pair(&proofs[i], &proofs[j], i < settled);
  name_counting(proofs, count);
}

/* ---- outside it ---- */

struct outside {
  const struct ebb_begin *who;
  struct ebb_proof *proofs;
  size_t count;
};

static int is_among(const struct outside *outside, int32_t pid) {
  for (size_t i = 0; i < outside->count; i++)
    if (outside->proofs[i].pid == pid) return 1;
  return 0;
}

static int is_of_container(const struct ebb_begin *who, int dir) {
  return who->cgroup[0] != 0 && cgroup__has(who, dir);
}

/* The other one is not of this session. It matters if it is outside, or if ours lives in it by vfork. */
static void mark_against(const struct outside *outside, struct ebb_proof *ours, int dir, const struct ebb_sample *other) {
  if (ours->sample.parent == other->pid && waits_in_vfork(other->pid)) return mark(ours, EBB_VFORK_CHILD, other->pid);
  if (other->parent == ours->pid && waits_in_vfork(ours->pid)) return;
  if (!is_of_container(outside->who, dir)) mark(ours, EBB_SHARED_ADDRESS_SPACE, other->pid);
}

static int compare_with(void *context, int proc, const char *name, int type) {
  (void)type;
  struct outside *outside = context;
  struct ebb_sample other = {0};
  uint64_t key;
  int32_t pid = text__pid(name);
  if (!pid || is_among(outside, pid)) return 0;
  int dir = sys_openat(proc, name, O_PATH | O_DIRECTORY);
  if (dir < 0) return 0;
  if (sample__stat(dir, &other, &key) == 0 && !(other.flags & (EBB_PROCESS_KERNEL_THREAD | EBB_PROCESS_ZOMBIE)))
    for (size_t i = 0; i < outside->count; i++) {
      struct ebb_proof *ours = &outside->proofs[i];
      if (ours->reason == EBB_OK && ours->exec_key == key && share(ours->pid, pid)) mark_against(outside, ours, dir, &other);
    }
  sys_close(dir);
  return 0;
}

int ebb_process__find_shared(const struct ebb_begin *who, struct ebb_process **processes, struct ebb_proof *proofs, size_t count, size_t settled) {
  struct outside outside = {who, proofs, count};
  STEP("find shared");
  int proc = sys_openat(-1, "/proc", O_RDONLY | O_DIRECTORY);
  if (proc < 0) return proc;
  find_inside(proofs, count, settled);
  int failed = entries__each(proc, compare_with, &outside);
  sys_close(proc);
  /* kcmp takes numbers: what it said holds only for those that lived all along. */
  for (size_t i = 0; i < count; i++)
    if (!process__is_alive(processes[i])) mark(&proofs[i], EBB_EXITED, 0);
  STEP("found shared");
  return failed < 0 ? failed : 0;
}
