/* The size of a chunk follows the cost of the last ones: it settles below the stall allowed, and cheap ranges earn no trust. */
#include "kit.h"

#include "../lib/pass.h"

#define STALL 2000

static struct ebb_advise_limits limits = {.advice = EBB_PAGEOUT, .max_stall_micros = STALL};
static struct ebb_process process;
static struct pass pass;

/* Whose CPU time has grown since it was last asked is awake. */
static void begin_with(uint64_t cpu_nanos) {
  memset(&pass, 0, sizeof pass);
  pass.limits = &limits;
  pass.process = &process;
  process = (struct ebb_process){.pid = getpid(), .cpu_nanos = cpu_nanos};
  pace__begin(&pass);
  pace__end(&pass);
  pass.schedstat = -1; /* the costs below are made up */
}

static void begin(void) {
  begin_with(UINT64_MAX);
}

/* One call at so many microseconds a MiB. Returns how long it took. */
static uint64_t call(uint64_t micros_per_mib) {
  uint64_t bytes = pass.pace.chunk_bytes, micros = bytes * micros_per_mib / MIB;
  CHECK(bytes >= 65536 && bytes <= 64 * MIB && bytes % 4096 == 0);
  pace__learn(&pass, bytes, micros);
  return micros;
}

static uint64_t longest_of(int calls, uint64_t micros_per_mib) {
  uint64_t longest = 0;
  for (int i = 0; i < calls; i++) {
    uint64_t micros = call(micros_per_mib);
    if (micros > longest) longest = micros;
  }
  return longest;
}

static void test_settles(void) {
  static const uint64_t costs[] = {700, 1100, 2000, 4000, 7000};
  for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
    begin();
    CHECK(longest_of(20, costs[i]) <= 2 * STALL);
    uint64_t settled = call(costs[i]);
    CHECK(settled <= STALL && settled >= STALL / 3);
  }
}

/* 10,000 calls on nothing resident, then pages. */
static void test_no_trust(void) {
  begin();
  longest_of(10000, 1);
  CHECK(longest_of(10, 1100) <= 2 * STALL);
  CHECK(pass.pace.chunk_bytes >= MIB);
}

/* A thread that is awake may meet two calls in one round of its own. */
static void test_awake(void) {
  begin_with(0);
  CHECK(longest_of(20, 2000) <= STALL / 2);
  begin_with(0);
  longest_of(1000, 1);
  CHECK(longest_of(10, 2000) <= STALL);
}

/* One call that took a hundred times as long costs little of the throughput. */
static void test_outlier(void) {
  begin();
  longest_of(50, 1100);
  uint64_t before = pass.pace.chunk_bytes;
  call(110000);
  CHECK(pass.pace.chunk_bytes >= before / 2);
  longest_of(10, 1100);
  CHECK(pass.pace.chunk_bytes >= before * 3 / 4);
}

static void test_rate(void) {
  limits.bytes_per_second = 10 * MIB;
  begin();
  longest_of(100, 10);
  CHECK(pass.pace.chunk_bytes <= MIB);
  pass.paid_bytes = 20 * MIB;
  CHECK_EQUAL(pace__due_micros(&pass, 500000), 1500000);
  CHECK_EQUAL(pace__due_micros(&pass, 3000000), 0);
  limits.bytes_per_second = 0;
}

static void test_goes_on(void) {
  limits.first_chunk_bytes = MIB / 2 + 1;
  begin();
  CHECK_EQUAL(pass.pace.chunk_bytes, MIB / 2);
  limits.first_chunk_bytes = UINT64_MAX;
  begin();
  CHECK(pass.pace.chunk_bytes > MIB / 2 && pass.pace.chunk_bytes < MIB);
  limits.first_chunk_bytes = 0;
  limits.max_stall_micros = UINT32_MAX;
  begin();
  longest_of(1000, 1);
  CHECK(pass.pace.chunk_bytes <= 64 * MIB);
}

int main(void) {
  test_settles();
  test_no_trust();
  test_awake();
  test_outlier();
  test_rate();
  test_goes_on();
  return 0;
}
