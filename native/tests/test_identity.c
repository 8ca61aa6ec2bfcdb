/* Who gets a handle and who does not, each refused with its reason. */
#include "kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

static void wait_for_command(const struct ends *ends, void *context) {
  (void)context;
  say(ends, (uint64_t)syscall(SYS_gettid));
  next_command(ends);
}

static void *thread_waits(void *context) {
  const struct ends *ends = context;
  say(ends, (uint64_t)syscall(SYS_gettid));
  next_command(ends);
  return NULL;
}

static void have_thread(const struct ends *ends, void *context) {
  pthread_t thread;
  (void)context;
  if (pthread_create(&thread, NULL, thread_waits, (void *)(uintptr_t)ends)) _exit(1);
  pthread_join(thread, NULL);
}

/* The leader ends, its thread goes on. */
static void leave_thread(const struct ends *ends, void *context) {
  pthread_t thread;
  (void)context;
  if (pthread_create(&thread, NULL, thread_waits, (void *)(uintptr_t)ends)) _exit(1);
  syscall(SYS_exit, 0);
}

static void wait_for_state(pid_t pid, char state) {
  struct ebb_sample sample;
  int proc = open("/proc", O_RDONLY | O_DIRECTORY);
  do {
    usleep(1000);
    CHECK_EQUAL(ebb_sample_processes(proc, &pid, 1, &sample), 1);
  } while (sample.state != state);
  close(proc);
}

static void test_plain(void) {
  struct target target = target__start(wait_for_command, NULL);
  struct ebb_proof proof;
  struct ebb_process *process;
  struct ebb_target wanted = {.pid = target.pid};
  CHECK_EQUAL(answer(&target), target.pid);
  CHECK_EQUAL(ebb_process__open(&anywhere, &wanted, &process, &proof), 0);
  CHECK_EQUAL(proof.proof, EBB_PROOF_PIDFD_ONLY);
  CHECK_EQUAL(proof.sample.parent, getpid());
  CHECK_EQUAL(proof.sample.pid, target.pid);
  CHECK_EQUAL(proof.sample.ns_pids[0], target.pid);
  CHECK(proof.sample.rss_anon_bytes > 0 && proof.sample.size_bytes > 0);
  CHECK((proof.pidfd_inode != 0) == ((ebb_features() & EBB_FEATURE_PIDFS_INODE) != 0));
  CHECK_REASON(open_reason(&anywhere, target.pid, proof.sample.start_ticks), EBB_OK);
  CHECK_REASON(open_reason(&anywhere, target.pid, proof.sample.start_ticks + 1), EBB_EXITED);
  target__stop(&target);
  CHECK(ebb_process__prove(process, &proof) < 0);
  CHECK_REASON(proof.reason, EBB_EXITED);
  CHECK_REASON(open_reason(&anywhere, wanted.pid, 0), EBB_NO_SUCH_PROCESS);
  CHECK_REASON(open_reason(&anywhere, wanted.pid, 5), EBB_EXITED);
  ebb_process__close(process);
}

static void test_zombie(void) {
  struct target target = target__start(wait_for_command, NULL);
  answer(&target);
  kill(target.pid, SIGKILL);
  wait_for_state(target.pid, 'Z');
  CHECK_REASON(open_reason(&anywhere, target.pid, 0), EBB_ZOMBIE);
  target__stop(&target);
}

static void test_thread_id(void) {
  struct target target = target__start(have_thread, NULL);
  pid_t tid = (pid_t)answer(&target);
  CHECK(tid != target.pid);
  CHECK_REASON(open_reason(&anywhere, tid, 0), EBB_NOT_A_PROCESS);
  CHECK_REASON(open_reason(&anywhere, target.pid, 0), EBB_OK);
  target__stop(&target);
}

static void test_leader_exited(void) {
  struct target target = target__start(leave_thread, NULL);
  answer(&target);
  wait_for_state(target.pid, 'Z');
  CHECK_REASON(open_reason(&anywhere, target.pid, 0), EBB_LEADER_EXITED);
  target__stop(&target);
}

/* The leader ends while a handle is held: alive by its pidfd, and still nobody to advise. */
static void leave_thread_later(const struct ends *ends, void *context) {
  pthread_t thread;
  say(ends, 1);
  next_command(ends);
  (void)context;
  if (pthread_create(&thread, NULL, thread_waits, (void *)(uintptr_t)ends)) _exit(1);
  syscall(SYS_exit, 0);
}

static void test_leader_exits_later(void) {
  struct target target = target__start(leave_thread_later, NULL);
  struct ebb_range range = {0x10000, 0x20000};
  struct ebb_range_result result;
  struct ebb_proof proof = {0};
  answer(&target);
  struct ebb_process *process = open_process(target.pid);
  command(&target, 1);
  answer(&target);
  wait_for_state(target.pid, 'Z');
  CHECK(ebb_process__prove(process, &proof) < 0);
  CHECK_REASON(proof.reason, EBB_LEADER_EXITED);
  CHECK_REASON(advise(process, EBB_COLD, &range, 1, &result).reason, EBB_LEADER_EXITED);
  ebb_process__close(process);
  target__stop(&target);
}

static void test_others(void) {
  CHECK_REASON(open_reason(&anywhere, getpid(), 0), EBB_OWN_PROCESS);
  CHECK_REASON(open_reason(&anywhere, getppid(), 0), EBB_OWN_PROCESS);
  CHECK_REASON(open_reason(&anywhere, 1, 0), EBB_OWN_PROCESS);
  CHECK_REASON(open_reason(&anywhere, 2, 0), EBB_KERNEL_THREAD);
  CHECK_REASON(open_reason(&anywhere, 0, 0), EBB_NO_SUCH_PROCESS);
  CHECK_REASON(open_reason(&anywhere, -1, 0), EBB_NO_SUCH_PROCESS);
  CHECK_REASON(open_reason(&anywhere, 1 << 22, 0), EBB_NO_SUCH_PROCESS);
}

static void test_rights(void) {
  struct target target = target__start(wait_for_command, NULL);
  struct ebb_begin none = {0}, observe = {.rights = EBB_OBSERVE};
  struct ebb_target wanted = {.pid = target.pid};
  struct ebb_process *process;
  struct ebb_proof proof;
  struct ebb_range range = {0x10000, 0x20000};
  struct ebb_range_result result;
  answer(&target);
  CHECK_REASON(open_reason(&none, target.pid, 0), EBB_RIGHTS_EXCEEDED);
  CHECK_EQUAL(ebb_process__open(&observe, &wanted, &process, &proof), 0);
  CHECK_REASON(advise(process, EBB_COLD, &range, 1, &result).reason, EBB_RIGHTS_EXCEEDED);
  ebb_process__close(process);
  target__stop(&target);
}

/* Our /proc speaks of the old namespace when we are a child of a new one. */
static void test_namespace(void) {
  struct target target = target__start(wait_for_command, NULL);
  answer(&target);
  pid_t outer = fork();
  if (outer == 0) {
    if (unshare(CLONE_NEWPID) < 0) _exit(77);
    pid_t inner = fork();
    if (inner == 0) _exit(open_reason(&anywhere, target.pid, 0) == EBB_NO_SUCH_PROCESS && open_reason(&anywhere, 1, 0) == EBB_WRONG_PID_NAMESPACE ? 0 : 1);
    int status = 1;
    waitpid(inner, &status, 0);
    _exit(WEXITSTATUS(status));
  }
  int status = 1;
  waitpid(outer, &status, 0);
  CHECK_EQUAL(status, 0);
  target__stop(&target);
}

int main(void) {
  need_root();
  test_plain();
  test_zombie();
  test_thread_id();
  test_leader_exited();
  test_leader_exits_later();
  test_others();
  test_rights();
  test_namespace();
  return 0;
}
