/* execve is seen by the kept maps fd: whatever is asked after it is refused with Execed, and nothing is advised. */
#include "kit.h"

static char *self;

static void become_another(const struct ends *ends, void *context) {
  (void)context;
  char *block = map_filled(MIB);
  char commands[16], answers[16];
  say(ends, (uintptr_t)block);
  next_command(ends);
  snprintf(commands, sizeof commands, "%d", ends->commands);
  snprintf(answers, sizeof answers, "%d", ends->answers);
  execl(self, self, commands, answers, NULL);
  _exit(1);
}

/* The new program. */
static int be_another(char **arguments) {
  struct ends ends = {atoi(arguments[1]), atoi(arguments[2])};
  char *block = map_filled(MIB);
  say(&ends, (uintptr_t)block);
  next_command(&ends);
  return 0;
}

int main(int count, char **arguments) {
  self = arguments[0];
  if (count == 3) return be_another(arguments);
  need_root();
  struct target target = target__start(become_another, NULL);
  uint64_t block = answer(&target);
  struct ebb_process *process = open_process(target.pid);
  struct ebb_mapping mappings[256];
  struct ebb_proof proof = {0};
  struct ebb_range range = {block, block + MIB};
  struct ebb_range_result result;
  struct ebb_counts counts;
  CHECK(ebb_process__list(process, mappings, 256) > 5);
  CHECK_EQUAL(ebb_process__prove(process, &proof), 0);
  uint64_t key = proof.exec_key;

  command(&target, 1);
  uint64_t new_block = answer(&target);
  CHECK_EQUAL(ebb_process__list(process, mappings, 256), 0);
  CHECK_EQUAL(ebb_process__count(process, &range, 1, 0, &counts), -ESRCH);
  CHECK_EQUAL(ebb_process__count(process, &range, 1, 1, &counts), -ESRCH);
  CHECK(ebb_process__prove(process, &proof) < 0);
  CHECK_REASON(proof.reason, EBB_EXECED);
  CHECK(proof.exec_key != key);
  struct ebb_range both[2] = {{block, block + MIB}, {new_block, new_block + MIB}};
  struct ebb_range_result results[2];
  struct ebb_advise_result advised = advise(process, EBB_PAGEOUT, both, 2, results);
  CHECK_REASON(advised.reason, EBB_EXECED);
  CHECK_EQUAL(advised.advised_bytes, 0);
  CHECK_EQUAL(advised.calls, 0);

  struct ebb_process *again = open_process(target.pid);
  CHECK_EQUAL(present(again, new_block, new_block + MIB), MIB);
  CHECK_EQUAL(advise(again, EBB_COLD, &both[1], 1, &result).advised_bytes, MIB);
  ebb_process__close(again);
  ebb_process__close(process);
  target__stop(&target);
  return 0;
}
