/*
 * The number goes to another process at every step of the sequence, by clone3 with set_tid: the handle is refused or is
 * of the process meant, and the newcomer's memory is never touched. Likewise exits, execs aside (test_exec).
 */
#include "kit.h"

#include <linux/sched.h>
#include <signal.h>

#define ROUNDS 60

static pid_t victim, newcomer;
static const char *at_step;
static int steps_seen;
static int newcomer_answers[2];
static char *shared_word; /* filled memory of the newcomer, by fork the same address */

static pid_t clone_as(pid_t pid) {
  struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = pid ? (uintptr_t)&pid : 0, .set_tid_size = pid ? 1 : 0};
  return (pid_t)syscall(SYS_clone3, &args, sizeof args);
}

static void wait_to_be_killed(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  fill(shared_word, MIB);
  char byte = 1;
  if (write(newcomer_answers[1], &byte, 1) != 1) _exit(1);
  for (;;) pause();
}

/* Ends the victim for good and gives its number away. */
static void replace(void) {
  char byte;
  kill(victim, SIGKILL);
  CHECK_EQUAL(waitpid(victim, NULL, 0), victim);
  newcomer = clone_as(victim);
  if (newcomer == 0) wait_to_be_killed();
  CHECK_EQUAL(newcomer, victim);
  CHECK(read(newcomer_answers[0], &byte, 1) == 1);
}

static void on_step(const char *name) {
  if (!at_step || strcmp(name, at_step) != 0) return;
  at_step = NULL;
  steps_seen++;
  replace();
}

static uint64_t swapped_now(pid_t pid) {
  struct ebb_process *process = open_process(pid);
  uint64_t bytes = swapped(process, (uintptr_t)shared_word, (uintptr_t)shared_word + MIB);
  ebb_process__close(process);
  return bytes;
}

static void end_newcomer(void) {
  if (!newcomer) return;
  kill(newcomer, SIGKILL);
  waitpid(newcomer, NULL, 0);
  newcomer = 0;
}

static void begin_victim(void) {
  char byte;
  victim = fork();
  if (victim == 0) wait_to_be_killed();
  CHECK(read(newcomer_answers[0], &byte, 1) == 1);
}

static void one_round(const char *step) {
  struct ebb_target wanted;
  struct ebb_process *process;
  struct ebb_proof proof;
  struct ebb_range range = {(uintptr_t)shared_word, (uintptr_t)shared_word + MIB};
  struct ebb_range_result result;
  begin_victim();
  wanted = (struct ebb_target){.pid = victim};
  at_step = step;
  if (ebb_process__open(&anywhere, &wanted, &process, &proof) == 0) {
    struct ebb_advise_result advised = advise(process, EBB_PAGEOUT, &range, 1, &result);
    if (newcomer && strcmp(step, "begin") != 0 && strcmp(step, "chunk sent") != 0 && strcmp(step, "advised") != 0) {
      CHECK_REASON(advised.reason, EBB_EXITED);
      CHECK_EQUAL(advised.advised_bytes, 0);
    }
    ebb_process__close(process);
  } else CHECK(proof.reason == EBB_EXITED || proof.reason == EBB_NO_SUCH_PROCESS);
  if (!newcomer) {
    kill(victim, SIGKILL);
    waitpid(victim, NULL, 0);
  } else if (strcmp(step, "begin") != 0) CHECK_EQUAL(swapped_now(newcomer), 0); /* "begin": it is who the number means */
  end_newcomer();
}

int main(void) {
  static const char *const steps[] = {"begin",       "pidfd opened", "directory opened", "maps opened",   "sampled",        "cgroup read", "proven",
                                      "advise",      "prove",        "proven again",     "between chunks", "chunk gathered", "chunk sent",  "advised"};
  need_swap();
  CHECK(pipe(newcomer_answers) == 0);
  shared_word = map_filled(MIB);
  ebb_test_step = on_step;
  size_t count = sizeof steps / sizeof *steps;
  for (int round = 0; round < ROUNDS; round++) one_round(steps[(size_t)round % count]);
  CHECK(steps_seen >= ROUNDS - 1);
  return 0;
}
