/* Processes on one address space count once; a vfork child before its exec is nobody. */
#include "kit.h"

#include <sched.h>
#include <signal.h>

#define STACK 65536

static struct ends told;

/* No libc in here: it shares everything with its parent. */
static int live_in_parent(void *context) {
  (void)context;
  uint64_t pid = (uint64_t)syscall(SYS_getpid);
  syscall(SYS_write, told.answers, &pid, sizeof pid);
  syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
  return 0;
}

static void share_memory(const struct ends *ends, void *context) {
  static char stack[STACK] __attribute__((aligned(16)));
  int flags = *(int *)context;
  told = *ends;
  pid_t child = clone(live_in_parent, stack + STACK, CLONE_VM | flags | SIGCHLD, NULL);
  if (child < 0) _exit(1);
  next_command(ends);
  kill(child, SIGKILL);
}

static void find(struct ebb_proof *proofs, const pid_t *pids, size_t count) {
  struct ebb_process *processes[2];
  for (size_t i = 0; i < count; i++) {
    struct ebb_target wanted = {.pid = pids[i]};
    CHECK_EQUAL(ebb_process__open(&anywhere, &wanted, &processes[i], &proofs[i]), 0);
  }
  CHECK_EQUAL(ebb_process__find_shared(&anywhere, processes, proofs, count, 0), 0);
  for (size_t i = 0; i < count; i++) ebb_process__close(processes[i]);
}

static void try_both_orders(pid_t parent, pid_t child, uint32_t reason) {
  for (int swap = 0; swap < 2; swap++) {
    struct ebb_proof proofs[2];
    find(proofs, (pid_t[2]){swap ? child : parent, swap ? parent : child}, 2);
    CHECK_REASON(proofs[swap].reason, EBB_OK);
    CHECK_REASON(proofs[!swap].reason, reason);
    CHECK_EQUAL(proofs[!swap].shared_with, parent);
  }
}

static void try_sharing(int flags, uint32_t together, uint32_t parent_alone, uint32_t child_alone) {
  struct target target = target__start(share_memory, &flags);
  pid_t child = (pid_t)answer(&target);
  struct ebb_proof proof;
  usleep(20000); /* the parent's way into its wait */
  try_both_orders(target.pid, child, together);
  find(&proof, &target.pid, 1);
  CHECK_REASON(proof.reason, parent_alone);
  find(&proof, &child, 1);
  CHECK_REASON(proof.reason, child_alone);
  CHECK_EQUAL(proof.shared_with, target.pid);
  kill(child, SIGKILL);
  target__stop(&target);
}

static void wait_for_command(const struct ends *ends, void *context) {
  (void)context;
  say(ends, 1);
  next_command(ends);
}

/* Children of one fork have equal exec fields and different memory. */
static void test_forks(void) {
  struct target a = target__start(wait_for_command, NULL), b = target__start(wait_for_command, NULL);
  struct ebb_proof proofs[2];
  answer(&a);
  answer(&b);
  find(proofs, (pid_t[2]){a.pid, b.pid}, 2);
  CHECK_EQUAL(proofs[0].exec_key, proofs[1].exec_key);
  CHECK_REASON(proofs[0].reason, EBB_OK);
  CHECK_REASON(proofs[1].reason, EBB_OK);
  target__stop(&a);
  target__stop(&b);
}

int main(void) {
  need_root();
  test_forks();
  try_sharing(0, EBB_SAME_ADDRESS_SPACE, EBB_SHARED_ADDRESS_SPACE, EBB_SHARED_ADDRESS_SPACE);
  try_sharing(CLONE_VFORK, EBB_VFORK_CHILD, EBB_OK, EBB_VFORK_CHILD);
  return 0;
}
