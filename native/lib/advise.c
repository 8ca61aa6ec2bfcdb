/*
 * advise.c: the loop of one pass: is the caller content, is it still the same program, is there time, then one chunk.
 * The result is filled whatever happens.
 */
#include "pass.h"

#include <errno.h>
#include <string.h>

static int is_advice(uint32_t advice) {
  return advice == EBB_WILLNEED || advice == EBB_COLD || advice == EBB_PAGEOUT || advice == EBB_COLLAPSE;
}

static uint64_t elapsed(const struct pass *pass) {
  return monotonic_micros() - pass->started_micros;
}

static int is_late(const struct pass *pass, uint64_t now) {
  return pass->limits->deadline_micros && now >= pass->limits->deadline_micros;
}

static uint32_t ask(struct pass *pass, uint64_t wait_micros) {
  pass->result->wall_micros = elapsed(pass);
  return pass->between ? pass->between(pass->context, pass->result, wait_micros) : EBB_OK;
}

/* Asks at least once before every chunk, and goes on asking while bytes_per_second says to wait. */
static uint32_t wait_for_turn(struct pass *pass) {
  for (;;) {
    uint64_t now = elapsed(pass), due = pace__due_micros(pass, now);
    if (is_late(pass, now)) return pass__stop(pass, EBB_DEADLINE, 0);
    uint64_t left = pass->limits->deadline_micros ? pass->limits->deadline_micros - now : UINT64_MAX;
    uint32_t stop = ask(pass, due < left ? due : left);
    if (stop != EBB_OK) return pass__stop(pass, stop, 0);
    if (due == 0) return EBB_OK;
    if (!pass->between) monotonic_sleep(due < left ? due : left);
  }
}

static uint32_t check_program(struct pass *pass) {
  int error = 0;
  uint32_t gone = pass->process->maps < 0 ? EBB_OK : process__check_program(pass->process, &error);
  return gone == EBB_OK ? EBB_OK : pass__stop(pass, gone, -error);
}

static uint32_t run_chunk(struct pass *pass) {
  STEP("between chunks");
  uint32_t stop = wait_for_turn(pass);
  if (stop == EBB_OK) stop = check_program(pass);
  if (stop == EBB_OK) stop = chunk__gather(pass);
  STEP("chunk gathered");
  if (stop == EBB_OK) stop = send__chunk(pass);
  pace__after_chunk(pass);
  pass->paid_bytes += pass->filled_bytes;
  STEP("chunk sent");
  return stop;
}

/* Ranges that the pass did not get to the end of are told why. */
static void finish(struct pass *pass, size_t done) {
  struct ebb_advise_result *result = pass->result;
  result->ranges_done = (uint32_t)done;
  result->wall_micros = elapsed(pass);
  result->chunk_bytes = pass->limits->max_stall_micros ? pass->pace.chunk_bytes : 0;
  for (size_t i = done; i < pass->count; i++) pass__note(pass, (uint32_t)i, result->reason, result->error);
}

static void run(struct pass *pass) {
  size_t done = 0;
  pace__begin(pass);
  while (pass->next < pass->count && run_chunk(pass) == EBB_OK) done = pass->next;
  finish(pass, done);
  pace__end(pass);
}

static uint32_t check(struct ebb_process *process, const struct ebb_advise_limits *limits, int *error) {
  struct ebb_proof proof = {0};
  if (!process__may(process, EBB_ADVISE)) return *error = EPERM, EBB_RIGHTS_EXCEEDED;
  if (!is_advice(limits->advice)) return *error = EINVAL, EBB_ADVICE_UNSUPPORTED;
  if (process->maps < 0) return *error = -process->maps_error, process__denied_reason(0);
  ebb_process__prove(process, &proof);
  *error = proof.error;
  return proof.reason;
}

int ebb_process__advise(struct ebb_process *process, const struct ebb_advise_limits *limits, const struct ebb_range *ranges, size_t count,
                        struct ebb_range_result *results, struct ebb_advise_result *result, ebb_between between, void *context) {
  struct pass pass = {.process = process, .limits = limits, .ranges = ranges, .count = count, .results = results, .result = result};
  pass.between = between;
  pass.context = context;
  pass.started_micros = monotonic_micros();
  memset(result, 0, sizeof *result);
  memset(results, 0, count * sizeof *results);
  STEP("advise");
  result->reason = check(process, limits, &result->error);
  if (result->reason == EBB_OK) run(&pass);
  else finish(&pass, 0);
  STEP("advised");
  return 0;
}
