/* The target exits, or runs another program, at every step of open, prove and advise: never advised as if it were there. */
#include "kit.h"

#include <signal.h>

static char *self;
static const char *at_step;
static struct target target;
static uint64_t wish; /* 1: exit, 2: execve */
static int done;

static void hold(const struct ends *ends, void *context) {
  char commands[16], answers[16];
  (void)context;
  say(ends, (uintptr_t)map_filled(2 * MIB));
  if (next_command(ends) == 1) raise(SIGKILL);
  snprintf(commands, sizeof commands, "%d", ends->commands);
  snprintf(answers, sizeof answers, "%d", ends->answers);
  execl(self, self, commands, answers, NULL);
  _exit(1);
}

static int be_another(char **arguments) {
  struct ends ends = {atoi(arguments[1]), atoi(arguments[2])};
  say(&ends, 7);
  next_command(&ends);
  return 0;
}

static void on_step(const char *name) {
  if (!at_step || strcmp(name, at_step) != 0) return;
  at_step = NULL;
  done = 1;
  command(&target, wish);
  if (wish == 2) CHECK_EQUAL(answer(&target), 7);
  else CHECK(waitid(P_PID, (id_t)target.pid, NULL, WEXITED | WNOWAIT) == 0);
}

static int is_after_the_call(const char *step) {
  return strcmp(step, "chunk sent") == 0 || strcmp(step, "advised") == 0;
}

/* Between the last look and the call there is always a gap: an execve there may cost one chunk, an exit nothing. */
static int is_last_gap(const char *step) {
  return wish == 2 && strcmp(step, "chunk gathered") == 0;
}

static void check(struct ebb_process *process, const char *step, uint64_t block) {
  struct ebb_range range = {block, block + 2 * MIB};
  struct ebb_range_result result;
  struct ebb_advise_result advised = advise(process, EBB_COLD, &range, 1, &result);
  CHECK(done);
  if (is_after_the_call(step) || is_last_gap(step)) return;
  CHECK_REASON(advised.reason, wish == 1 ? EBB_EXITED : EBB_EXECED);
  CHECK_EQUAL(advised.advised_bytes, 0);
}

static void one_round(const char *step) {
  struct ebb_process *process;
  struct ebb_proof proof;
  target = target__start(hold, NULL);
  uint64_t block = answer(&target);
  struct ebb_target wanted = {.pid = target.pid};
  at_step = step;
  done = 0;
  int failed = ebb_process__open(&anywhere, &wanted, &process, &proof);
  int is_early = wish == 2 && done && (strcmp(step, "begin") == 0 || strcmp(step, "pidfd opened") == 0 || strcmp(step, "directory opened") == 0);
  if (failed) CHECK(proof.reason == EBB_EXITED || proof.reason == EBB_ZOMBIE || proof.reason == EBB_EXECED);
  else if (!is_early) check(process, step, block); /* early: the handle is of the new program */
  if (!failed) ebb_process__close(process);
  at_step = NULL;
  target__stop(&target);
}

int main(int count, char **arguments) {
  static const char *const steps[] = {"begin",  "pidfd opened", "directory opened", "maps opened",   "sampled",        "cgroup read", "proven",
                                      "advise", "prove",        "proven again",     "between chunks", "chunk gathered", "chunk sent",  "advised"};
  self = arguments[0];
  if (count == 3) return be_another(arguments);
  need_root();
  ebb_test_step = on_step;
  for (wish = 1; wish <= 2; wish++)
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      fprintf(stderr, "%s at '%s'\n", wish == 1 ? "exit" : "execve", steps[i]);
      one_round(steps[i]);
    }
  return 0;
}
