/*
 * identity.c: opens a process by number and proves that it is the one meant. The pidfd comes first: while it lives, the
 * number can't have been reused, so the directory opened after it is the same process.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

void (*ebb_watch)(int armed);
#ifdef EBB_TEST
void (*ebb_test_step)(const char *name);
#endif

int process__may(const struct ebb_process *process, uint32_t right) {
  return (process->who.rights & right) != 0;
}

int process__is_alive(const struct ebb_process *process) {
  return sys_poll_one(process->pidfd, 0) == 0;
}

uint32_t process__denied_reason(int scanning) {
  uint32_t held = ebb_capabilities();
  if (!(held & EBB_CAP_SYS_PTRACE)) return EBB_MISSING_SYS_PTRACE;
  if (!(held & EBB_CAP_SYS_NICE) && !scanning) return EBB_MISSING_SYS_NICE;
  if (!(held & EBB_CAP_DAC_READ_SEARCH) && scanning) return EBB_MISSING_DAC_READ_SEARCH;
  return EBB_PERMISSION_DENIED;
}

static uint32_t reason_of(int error) {
  if (error == -ESRCH || error == -ENOENT) return EBB_EXITED;
  return error == -EACCES || error == -EPERM ? process__denied_reason(0) : EBB_SYSTEM_ERROR;
}

/* pidfd_open tells a thread id by EINVAL, or ENOENT since 6.9. */
static uint32_t open_pidfd(struct ebb_process *process, const struct ebb_target *target, int *error) {
  if (target->pid <= 0) return *error = -EINVAL, EBB_NO_SUCH_PROCESS;
  int pidfd = sys_pidfd_open(target->pid);
  process->pidfd = pidfd;
  if (pidfd >= 0) return EBB_OK;
  *error = pidfd;
  if (pidfd == -EINVAL || pidfd == -ENOENT) return EBB_NOT_A_PROCESS;
  if (pidfd != -ESRCH) return pidfd == -EMFILE || pidfd == -ENFILE ? EBB_TOO_MANY_HANDLES : reason_of(pidfd);
  return target->start_ticks ? EBB_EXITED : EBB_NO_SUCH_PROCESS;
}

static uint32_t open_directory(struct ebb_process *process, int *error) {
  char path[32] = "/proc/";
  text__write_number((uint64_t)process->pid, path + 6);
  process->dir = sys_openat(-1, path, O_RDONLY | O_DIRECTORY);
  if (process->dir >= 0) return EBB_OK;
  *error = process->dir;
  return *error == -EMFILE || *error == -ENFILE ? EBB_TOO_MANY_HANDLES : reason_of(*error);
}

static void open_maps(struct ebb_process *process) {
  WATCHED(process->maps, sys_openat(process->dir, "maps", O_RDONLY));
  process->maps_error = process->maps < 0 ? process->maps : 0;
}

/* What stat and status say of a process that can't be advised at all. */
static uint32_t check_kind(const struct ebb_sample *sample) {
  if (sample->flags & EBB_PROCESS_KERNEL_THREAD) return EBB_KERNEL_THREAD;
  if (sample->flags & EBB_PROCESS_LEADER_EXITED) return EBB_LEADER_EXITED;
  return sample->flags & EBB_PROCESS_ZOMBIE ? EBB_ZOMBIE : EBB_OK;
}

static uint32_t check_level(const struct ebb_process *process, const struct ebb_sample *sample) {
  return sample->ns_depth > 0 && sample->ns_pids[0] != process->pid ? EBB_WRONG_PID_NAMESPACE : EBB_OK;
}

/* Reads everything through the directory, and believes it only if the pidfd still lives after it. */
static uint32_t read_facts(struct ebb_process *process, struct ebb_proof *proof, uint64_t start_ticks) {
  int failed = sample__read(process->dir, &proof->sample, &proof->exec_key);
  STEP("sampled");
  if (failed) return proof->error = -failed, reason_of(failed);
  uint32_t kind = check_kind(&proof->sample);
  if (kind == EBB_ZOMBIE && start_ticks && proof->sample.start_ticks != start_ticks) return EBB_EXITED;
  if (kind != EBB_OK) return kind;
  uint32_t inside = cgroup__check(process, proof);
  STEP("cgroup read");
  if (!process__is_alive(process)) return EBB_EXITED;
  if (start_ticks && proof->sample.start_ticks != start_ticks) return EBB_EXITED;
  return inside != EBB_OK ? inside : check_level(process, &proof->sample);
}

static uint32_t open_all(struct ebb_process *process, const struct ebb_target *target, struct ebb_proof *proof) {
  int error = 0;
  STEP("begin");
  uint32_t reason = open_pidfd(process, target, &error);
  STEP("pidfd opened");
  if (reason == EBB_OK) reason = open_directory(process, &error);
  STEP("directory opened");
  proof->error = -error;
  if (reason == EBB_OK) reason = origin__check(target->pid);
  if (reason != EBB_OK) return reason;
  open_maps(process);
  STEP("maps opened");
  reason = read_facts(process, proof, target->start_ticks);
  STEP("proven");
  return reason;
}

static void remember(struct ebb_process *process, struct ebb_proof *proof) {
  process->start_ticks = proof->sample.start_ticks;
  process->exec_key = proof->exec_key;
  if (ebb_features() & EBB_FEATURE_PIDFS_INODE) sys_fstatat_inode(process->pidfd, "", &proof->pidfd_inode);
}

int ebb_process__open(const struct ebb_begin *who, const struct ebb_target *target, struct ebb_process **out, struct ebb_proof *proof) {
  memset(proof, 0, sizeof *proof);
  proof->pid = target->pid;
  *out = NULL;
  struct ebb_process *process = malloc(sizeof *process);
  if (!process) return proof->reason = EBB_SYSTEM_ERROR, proof->error = ENOMEM, -ENOMEM;
  memset(process, 0, offsetof(struct ebb_process, block));
  process->pid = target->pid;
  process->pidfd = process->dir = process->maps = process->pagemap = -1;
  process->who = *who;
  proof->reason = who->rights ? open_all(process, target, proof) : EBB_RIGHTS_EXCEEDED;
  if (proof->reason == EBB_OK) return remember(process, proof), *out = process, 0;
  ebb_process__close(process);
  return proof->error ? -proof->error : -ESRCH;
}

/*
 * Where mmap_lock is stuck this waits killably, as process_madvise would not: since 6.17 reads of maps may pass a held
 * lock by, the look-up of a mapping that can't be does not. Where the folder is closed to us nothing is learned.
 */
static void await_lock(struct ebb_process *process) {
  uint64_t inode;
  int answer;
  WATCHED(answer, sys_fstatat_inode(process->dir, "map_files/0-1000", &inode));
  (void)answer;
}

/* > 0: the address space that was pinned is there. A read of pagemap asks and waits for the lock in one. */
static ssize_t read_pinned(struct ebb_process *process) {
  char first[8];
  ssize_t got = 1;
  if (process->pagemap >= 0) {
    WATCHED(got, sys_pread(process->pagemap, first, sizeof first, 0));
    return got;
  }
  await_lock(process);
  if (process->maps >= 0) WATCHED(got, sys_pread(process->maps, first, 1, 0));
  return got;
}

/*
 * Who shares an address space (CLONE_VM, at any time) can exec out of one that stays, and what is pinned goes on
 * answering: there only stat's fields tell.
 */
static int has_left(const struct ebb_process *process) {
  struct ebb_sample sample = {0};
  uint64_t exec_key;
  return sample__stat(process->dir, &sample, &exec_key) < 0 || exec_key != process->exec_key;
}

/* The program is the one whose address space the maps fd pinned and whose places in it stat told. */
uint32_t process__check_program(struct ebb_process *process, int *error) {
  ssize_t got = read_pinned(process);
  *error = 0;
  if (got > 0 && !has_left(process)) return EBB_OK;
  if (got >= 0 || got == -ESRCH) return process__gone_reason(process);
  *error = (int)got;
  return reason_of((int)got);
}

/* The address space is gone: what became of its process? */
uint32_t process__gone_reason(struct ebb_process *process) {
  struct ebb_sample sample;
  uint64_t exec_key;
  if (!process__is_alive(process) || sample__read(process->dir, &sample, &exec_key) < 0) return EBB_EXITED;
  if (sample.flags & EBB_PROCESS_LEADER_EXITED) return EBB_LEADER_EXITED;
  /* On its way out a process has no address space some time before it is a zombie; after execve it has one. */
  return sample.size_bytes == 0 || sample.flags & EBB_PROCESS_ZOMBIE || !process__is_alive(process) ? EBB_EXITED : EBB_EXECED;
}

int ebb_process__prove(struct ebb_process *process, struct ebb_proof *proof) {
  int error = 0;
  proof->pid = process->pid;
  proof->error = 0;
  STEP("prove");
  proof->reason = process__is_alive(process) ? read_facts(process, proof, process->start_ticks) : EBB_EXITED;
  if (proof->reason == EBB_ZOMBIE) proof->reason = EBB_EXITED;
  if (proof->reason == EBB_OK) proof->reason = process__check_program(process, &error);
  STEP("proven again");
  if (error) proof->error = -error;
  if (proof->reason == EBB_OK) return 0;
  return proof->error ? -proof->error : -ESRCH;
}

void ebb_process__close(struct ebb_process *process) {
  if (!process) return;
  const int fds[] = {process->pagemap, process->maps, process->dir, process->pidfd};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0) sys_close(fds[i]);
  free(process->shared);
  free(process);
}
