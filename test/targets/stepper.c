/*
 * stepper: the library with its hook between two steps (EBB_TEST), driven from standard input. It goes through what a
 * worker's session does with one process (open, compare address spaces, list, advise, prove) and holds where it is told
 * to, so that a test can change the world there.
 *   pass MOUNT CGROUP INODE PID TICKS START END HOLD ADVICE   ("-" for no container; START, END hexadecimal)
 * answers "step INDEX NAME" for every step; after number HOLD it waits for a line. In the end:
 * "done REASON ERRNO ADVISED CALLS".
 */
#include "../../native/ebb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>

extern void (*ebb_test_step)(const char *name);

static int step, hold;
static struct ebb_mapping mappings[4096];

static void on_step(const char *name) {
  char line[16];
  printf("step %d %s\n", step, name);
  if (step++ != hold) return;
  fflush(stdout);
  if (!fgets(line, sizeof line, stdin)) exit(1);
}

struct outcome {
  uint32_t reason;
  int error;
  struct ebb_advise_result advised;
};

static int settle(struct outcome *outcome, const struct ebb_proof *proof) {
  outcome->reason = proof->reason;
  outcome->error = proof->error;
  return proof->reason == EBB_OK;
}

/* max_stall_micros 1: every chunk is of the smallest size, so that the steps are the same each time. */
static void advise(struct ebb_process *process, const struct ebb_range *range, uint32_t advice, struct outcome *outcome) {
  struct ebb_advise_limits limits = {.advice = advice, .max_stall_micros = 1, .first_chunk_bytes = 65536};
  struct ebb_range_result result;
  struct ebb_proof proof = {0};
  ebb_process__advise(process, &limits, range, 1, &result, &outcome->advised, NULL, NULL);
  outcome->reason = outcome->advised.reason;
  outcome->error = outcome->advised.error;
  if (outcome->reason != EBB_OK) return;
  ebb_process__prove(process, &proof);
  settle(outcome, &proof);
}

static void list_and_advise(struct ebb_process *process, const struct ebb_range *range, uint32_t advice, struct outcome *outcome) {
  struct ebb_proof proof = {0};
  ssize_t listed = ebb_process__list(process, mappings, sizeof mappings / sizeof *mappings);
  if (listed > 0) return advise(process, range, advice, outcome);
  ebb_process__prove(process, &proof);
  if (settle(outcome, &proof)) outcome->reason = EBB_SYSTEM_ERROR, outcome->error = (int)-listed;
}

static void pass(const struct ebb_begin *who, const struct ebb_target *target, const struct ebb_range *range, uint32_t advice) {
  struct ebb_process *process = NULL;
  struct ebb_proof proof;
  struct outcome outcome = {0};
  ebb_process__open(who, target, &process, &proof);
  if (settle(&outcome, &proof)) {
    ebb_process__find_shared(who, &process, &proof, 1, 0);
    if (settle(&outcome, &proof)) list_and_advise(process, range, advice, &outcome);
  }
  ebb_process__close(process);
  printf("done %s %d %" PRIu64 " %" PRIu64 "\n", outcome.reason ? ebb_reason_name(outcome.reason) : "-", outcome.error,
         outcome.advised.advised_bytes, outcome.advised.calls);
}

int main(void) {
  char line[2048], mount[256], cgroup[EBB_PATH];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  ebb_test_step = on_step;
  while (fgets(line, sizeof line, stdin)) {
    struct ebb_begin who = {.rights = EBB_OBSERVE | EBB_ADVISE};
    struct ebb_target target = {0};
    struct ebb_range range = {0, 0};
    uint32_t advice = EBB_PAGEOUT;
    int got = sscanf(line, "pass %255s %1023s %" SCNu64 " %d %" SCNu64 " %" SCNx64 " %" SCNx64 " %d %" SCNu32, mount, cgroup,
                     &who.cgroup_inode, &target.pid, &target.start_ticks, &range.start, &range.end, &hold, &advice);
    if (got < 8) return 2;
    if (strcmp(cgroup, "-") != 0) strcpy(who.mount, mount), strcpy(who.cgroup, cgroup);
    step = 0;
    pass(&who, &target, &range, advice);
    fflush(stdout);
  }
  return 0;
}
