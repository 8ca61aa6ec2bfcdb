/*
 * pace.c: how large the next call may be. One call holds the target's mmap lock for its whole length, so its size
 * follows what the last calls took per byte; and since cheap ranges (nothing resident) say nothing of the next ones, it
 * never exceeds a small multiple of what the dearest bytes seen would allow.
 */
#include "pass.h"

#include <fcntl.h>

#define MIB ((uint64_t)1 << 20)
#define MIN_CHUNK ((uint64_t)64 << 10)
#define MAX_CHUNK ((uint64_t)64 << 20)
#define FIRST_CHUNK ((uint64_t)256 << 10)
#define ONE_BATCH ((uint64_t)2 << 30) /* unchunked: just below the kernel's own limit */
#define AIM_PERCENT 70
#define AWAKE_AIM_PERCENT 30
#define AWAKE_MICROS 50000
#define PAUSE_MICROS 20
#define TRUST 2 /* times what the dearest bytes allow, while the target sleeps */
#define NOISE_BYTES ((uint64_t)32 << 10)

/* What a MiB may cost before one was seen, in nanoseconds: page-out and swap-in move pages, the others look at them. */
static uint64_t expected(uint32_t advice) {
  return advice == EBB_COLD ? 200000 : 2000000;
}

/*
 * How long this thread has waited for a CPU, from its schedstat. A busy machine makes every call long, and smaller calls
 * would not help the target. 0 where the kernel does not count it.
 */
static uint64_t queued_micros(const struct pass *pass) {
  char text[96];
  uint64_t ran, queued;
  ssize_t length = pass->schedstat < 0 ? 0 : sys_pread(pass->schedstat, text, sizeof text, 0);
  struct cursor cursor = {text, text + (length > 0 ? length : 0)};
  if (text__unsigned(&cursor, &ran)) return 0;
  text__skip_blanks(&cursor);
  return text__unsigned(&cursor, &queued) ? 0 : queued / 1000;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high) {
  return value < low ? low : value > high ? high : value;
}

static int is_awake(const struct pass *pass) {
  return monotonic_micros() < pass->process->awake_micros;
}

/* Whether it uses CPU is known from the second look on: until then it counts as awake. */
static void look_at_target(struct pass *pass) {
  struct ebb_process *process = pass->process;
  uint64_t nanos;
  if (sys_process_cpu_nanos(process->pid, &nanos) < 0) return;
  if (nanos > process->cpu_nanos) process->awake_micros = monotonic_micros() + AWAKE_MICROS;
  process->cpu_nanos = nanos;
}

/* A thread that maps and unmaps meets two calls in one round, so they are shorter while one runs. */
static uint64_t allowed_bytes(const struct pass *pass, uint64_t nanos_per_mib) {
  uint64_t percent = is_awake(pass) ? AWAKE_AIM_PERCENT : AIM_PERCENT;
  uint64_t aim = (uint64_t)pass->limits->max_stall_micros * 1000 * percent / 100;
  return aim * 1024 / (nanos_per_mib / 1024 + 1);
}

static uint64_t slowest_chunk(const struct pass *pass) {
  uint64_t tenth = pass->limits->bytes_per_second / 10;
  return pass->limits->bytes_per_second ? clamp(tenth, MIN_CHUNK, MAX_CHUNK) : MAX_CHUNK;
}

static void set_chunk(struct pass *pass, uint64_t bytes) {
  uint64_t page = page_bytes(), size = clamp(bytes, MIN_CHUNK, slowest_chunk(pass));
  if (pass->limits->advice == EBB_COLLAPSE) page = HUGE_PAGE_BYTES, size = size < page ? page : size;
  pass->pace.chunk_bytes = size / page * page;
}

void pace__begin(struct pass *pass) {
  if (pass->limits->max_stall_micros) look_at_target(pass);
  pass->schedstat = pass->limits->max_stall_micros ? sys_openat(-1, "/proc/thread-self/schedstat", O_RDONLY) : -1;
  /* What was learned may stem from ranges where nothing was resident. */
  uint64_t first = pass->limits->first_chunk_bytes, trusted = allowed_bytes(pass, expected(pass->limits->advice));
  pass->pace.recent = pass->pace.worst = expected(pass->limits->advice);
  if (pass->limits->max_stall_micros == 0) pass->pace.chunk_bytes = ONE_BATCH - page_bytes();
  else set_chunk(pass, !first ? FIRST_CHUNK : first < trusted ? first : trusted);
}

void pace__end(struct pass *pass) {
  if (pass->schedstat >= 0) sys_close(pass->schedstat);
}

void pace__before_call(struct pass *pass) {
  pass->queued_micros = queued_micros(pass);
}

/* One dear call may say nothing of the next one: each counts for twice at most. */
static uint64_t tempered(uint64_t cost, uint64_t known) {
  return cost > 2 * known ? 2 * known : cost;
}

/* Falls faster than it grows: a call that took too long is worse than one that was too small. */
void pace__learn(struct pass *pass, uint64_t bytes, uint64_t micros) {
  struct pace *pace = &pass->pace;
  if (pass->limits->max_stall_micros == 0 || bytes < NOISE_BYTES) return;
  uint64_t queued = queued_micros(pass);
  queued = queued > pass->queued_micros ? queued - pass->queued_micros : 0;
  micros -= queued < micros ? queued : micros;
  uint64_t cost = micros * 1000 * 1024 / (bytes / 1024 + 1) + 1;
  pace->recent = (3 * pace->recent + tempered(cost, pace->recent)) / 4;
  pace->worst -= pace->worst / 32;
  if (pace->worst < expected(pass->limits->advice) / 2) pace->worst = expected(pass->limits->advice) / 2;
  if (cost > pace->worst) pace->worst = tempered(cost, pace->worst);
  uint64_t wanted = allowed_bytes(pass, pace->recent), trusted = (is_awake(pass) ? 1 : TRUST) * allowed_bytes(pass, pace->worst);
  if (wanted > trusted) wanted = trusted;
  uint64_t grown = pace->chunk_bytes + pace->chunk_bytes / 2;
  set_chunk(pass, wanted < grown ? wanted : grown);
}

/*
 * A reader that comes right back takes the lock before a writer that its release has just woken: readers steal it until
 * the writer has waited 4 ms and asks for a hand-off (rwsem). So a thread that maps would wait for several chunks. Where
 * the target uses CPU at all, it gets the time to wake up; an idle one has nobody who waits. A thread that waits uses
 * none, hence the memory of it.
 */
void pace__after_chunk(struct pass *pass) {
  if (pass->limits->max_stall_micros == 0) return;
  look_at_target(pass);
  if (is_awake(pass)) monotonic_sleep(PAUSE_MICROS);
}

uint64_t pace__due_micros(const struct pass *pass, uint64_t elapsed_micros) {
  uint64_t rate = pass->limits->bytes_per_second;
  if (rate == 0) return 0;
  __uint128_t due = (__uint128_t)pass->paid_bytes * 1000000 / rate;
  return due > elapsed_micros ? (uint64_t)(due - elapsed_micros) : 0;
}
