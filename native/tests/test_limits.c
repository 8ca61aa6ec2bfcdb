/* A pass keeps to its limits: stall, deadline, pace, cancel; the target changes under it; every byte accounted for. */
#include "kit.h"

#include <signal.h>

#define SIZE (64 * MIB)

static void hold(const struct ends *ends, void *context) {
  (void)context;
  char *block = map_filled(SIZE);
  say(ends, (uintptr_t)block);
  for (;;) {
    uint64_t wish = next_command(ends);
    if (wish == 1) munmap(block + SIZE / 2, SIZE / 4);
    if (wish == 2) raise(SIGKILL);
    if (wish == 3) say(ends, (uint64_t)is_filled(block, SIZE / 2));
    else say(ends, 0);
  }
}

struct watching {
  unsigned calls, stop_at;
  uint64_t waited;
  struct target *target;
  uint64_t wish;
};

static uint32_t watch(void *context, const struct ebb_advise_result *so_far, uint64_t wait_micros) {
  struct watching *watching = context;
  (void)so_far;
  watching->calls++;
  if (wait_micros) usleep(wait_micros > 20000 ? 20000 : (useconds_t)wait_micros), watching->waited += wait_micros;
  if (watching->calls != watching->stop_at) return EBB_OK;
  if (!watching->target) return EBB_CANCELLED;
  command(watching->target, watching->wish);
  if (watching->wish != 2) answer(watching->target);
  else waitid(P_PID, (id_t)watching->target->pid, NULL, WEXITED | WNOWAIT);
  return EBB_OK;
}

static struct ebb_advise_result run(struct ebb_process *process, struct ebb_advise_limits limits, uint64_t block, struct ebb_range_result results[4], struct watching *watching) {
  struct ebb_range ranges[4];
  struct ebb_advise_result result;
  uint64_t sum = 0;
  for (size_t i = 0; i < 4; i++) ranges[i] = (struct ebb_range){block + i * SIZE / 4, block + (i + 1) * SIZE / 4};
  CHECK_EQUAL(ebb_process__advise(process, &limits, ranges, 4, results, &result, watch, watching), 0);
  for (size_t i = 0; i < 4; i++) {
    sum += results[i].advised_bytes;
    CHECK((results[i].advised_bytes == SIZE / 4) == (results[i].reason == EBB_OK));
  }
  CHECK_EQUAL(sum, result.advised_bytes);
  return result;
}

int main(void) {
  /* Then what passes on the clock means nothing (test/vm/emulated.ts). */
  int is_emulated = getenv("EBB_PATIENCE_SECONDS") != NULL;
  need_swap();
  struct target target = target__start(hold, NULL);
  uint64_t block = answer(&target);
  struct ebb_process *process = open_process(target.pid);
  struct ebb_range_result results[4];
  struct watching watching = {0};
  struct ebb_advise_limits limits = {.advice = EBB_PAGEOUT, .max_stall_micros = 2000};

  struct ebb_advise_result result = run(process, limits, block, results, &watching);
  CHECK_EQUAL(result.advised_bytes, SIZE);
  CHECK(result.calls >= 16 && watching.calls >= 16);
  CHECK(result.chunk_bytes >= 65536 && result.call_micros <= result.wall_micros && result.longest_micros <= result.call_micros);
  CHECK(swapped(process, block, block + SIZE) > SIZE * 9 / 10);
  command(&target, 3);
  CHECK_EQUAL(answer(&target), 1);

  watching = (struct watching){.stop_at = 3};
  result = run(process, limits, block, results, &watching);
  CHECK_REASON(result.reason, EBB_CANCELLED);
  CHECK(result.advised_bytes > 0 && result.advised_bytes < SIZE);
  CHECK_REASON(results[3].reason, EBB_CANCELLED);

  watching = (struct watching){0};
  limits.bytes_per_second = 256 * MIB;
  result = run(process, limits, block, results, &watching);
  CHECK_REASON(result.reason, EBB_OK);
  CHECK(result.wall_micros >= 150000 && (is_emulated || result.wall_micros < 1500000));

  limits.bytes_per_second = 8 * MIB;
  limits.deadline_micros = 100000;
  result = run(process, limits, block, results, &watching);
  CHECK_REASON(result.reason, EBB_DEADLINE);
  CHECK(result.advised_bytes < 4 * MIB && (is_emulated || result.wall_micros < 1000000));

  limits = (struct ebb_advise_limits){.advice = EBB_COLD, .max_stall_micros = 0};
  watching = (struct watching){0};
  result = run(process, limits, block, results, &watching);
  CHECK_EQUAL(result.calls, 1);
  CHECK_EQUAL(result.advised_bytes, SIZE);

  /* A quarter is unmapped after the second chunk. */
  limits = (struct ebb_advise_limits){.advice = EBB_COLD, .max_stall_micros = 2000, .first_chunk_bytes = MIB};
  watching = (struct watching){.stop_at = 2, .target = &target, .wish = 1};
  result = run(process, limits, block, results, &watching);
  CHECK_REASON(result.reason, EBB_OK);
  CHECK_EQUAL(result.advised_bytes, SIZE / 4 * 3);
  CHECK_REASON(results[2].reason, EBB_GONE);
  CHECK_EQUAL(result.ranges_done, 4);

  watching = (struct watching){.stop_at = 3, .target = &target, .wish = 2};
  result = run(process, limits, block, results, &watching);
  CHECK_REASON(result.reason, EBB_EXITED);
  CHECK_REASON(results[3].reason, EBB_EXITED);
  CHECK(result.ranges_done < 4);
  ebb_process__close(process);
  target__stop(&target);
  return 0;
}
