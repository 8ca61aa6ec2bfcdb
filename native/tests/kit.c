/* kit.c: see kit.h. */
#include "kit.h"

#include <signal.h>

const struct ebb_begin anywhere = {.rights = EBB_OBSERVE | EBB_ADVISE};

_Noreturn void skip(const char *why) {
  puts(why);
  exit(77);
}

void need_root(void) {
  if (geteuid() != 0) skip("needs root");
}

void need_swap(void) {
  char line[512];
  int lines = 0;
  need_root();
  FILE *swaps = fopen("/proc/swaps", "r");
  CHECK(swaps);
  while (fgets(line, sizeof line, swaps)) lines++;
  fclose(swaps);
  if (lines < 2) skip("needs swap");
}

struct target target__start(void (*body)(const struct ends *ends, void *context), void *context) {
  int commands[2], answers[2];
  CHECK(pipe(commands) == 0 && pipe(answers) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(commands[1]);
    close(answers[0]);
    body(&(struct ends){commands[0], answers[1]}, context);
    _exit(0);
  }
  close(commands[0]);
  close(answers[1]);
  return (struct target){pid, commands[1], answers[0]};
}

void target__stop(struct target *target) {
  close(target->commands);
  close(target->answers);
  kill(target->pid, SIGKILL);
  waitpid(target->pid, NULL, 0);
}

void say(const struct ends *ends, uint64_t value) {
  if (write(ends->answers, &value, sizeof value) != sizeof value) _exit(1);
}

uint64_t next_command(const struct ends *ends) {
  uint64_t value;
  if (read(ends->commands, &value, sizeof value) != sizeof value) _exit(0);
  return value;
}

void command(const struct target *target, uint64_t value) {
  CHECK(write(target->commands, &value, sizeof value) == sizeof value);
}

uint64_t answer(const struct target *target) {
  uint64_t value;
  CHECK(read(target->answers, &value, sizeof value) == sizeof value);
  return value;
}

struct ebb_process *open_process(pid_t pid) {
  struct ebb_proof proof;
  struct ebb_process *process;
  struct ebb_target target = {.pid = pid};
  ebb_process__open(&anywhere, &target, &process, &proof);
  CHECK_REASON(proof.reason, EBB_OK);
  CHECK(process);
  return process;
}

uint32_t open_reason(const struct ebb_begin *who, pid_t pid, uint64_t start_ticks) {
  struct ebb_proof proof;
  struct ebb_process *process;
  struct ebb_target target = {.pid = pid, .start_ticks = start_ticks};
  int failed = ebb_process__open(who, &target, &process, &proof);
  CHECK((failed == 0) == (proof.reason == EBB_OK) && (process != NULL) == (failed == 0));
  ebb_process__close(process);
  return proof.reason;
}

struct ebb_advise_result advise(struct ebb_process *process, uint32_t advice, const struct ebb_range *ranges, size_t count, struct ebb_range_result *results) {
  struct ebb_advise_limits limits = {.advice = advice, .max_stall_micros = 2000};
  struct ebb_advise_result result;
  uint64_t sum = 0;
  CHECK(ebb_process__advise(process, &limits, ranges, count, results, &result, NULL, NULL) == 0);
  for (size_t i = 0; i < count; i++) {
    CHECK(results[i].advised_bytes <= ranges[i].end - ranges[i].start);
    CHECK((results[i].advised_bytes == ranges[i].end - ranges[i].start) == (results[i].reason == EBB_OK));
    sum += results[i].advised_bytes;
  }
  CHECK_EQUAL(sum, result.advised_bytes);
  return result;
}

static struct ebb_counts counts(struct ebb_process *process, uint64_t start, uint64_t end) {
  struct ebb_range range = {start, end};
  struct ebb_counts found;
  CHECK_EQUAL(ebb_process__count(process, &range, 1, 0, &found), 0);
  return found;
}

uint64_t present(struct ebb_process *process, uint64_t start, uint64_t end) {
  return counts(process, start, end).present_bytes;
}

uint64_t swapped(struct ebb_process *process, uint64_t start, uint64_t end) {
  return counts(process, start, end).swapped_bytes;
}

/* Every page another, and two thirds of it the same, so that zram has something to do. */
void fill(char *memory, size_t size) {
  for (size_t i = 0; i < size; i += 4096) {
    memset(memory + i, (int)(i >> 12 & 0x7f) + 1, 4096);
    memcpy(memory + i, &i, sizeof i);
  }
}

int is_filled(const char *memory, size_t size) {
  for (size_t i = 0; i < size; i += 4096)
    if (memcmp(memory + i, &i, sizeof i) || memory[i + 4095] != (char)((i >> 12 & 0x7f) + 1)) return 0;
  return 1;
}

char *map_filled(size_t size) {
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(memory != MAP_FAILED);
  fill(memory, size);
  return memory;
}

uint64_t pseudo_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  return *state ^= *state << 17;
}
