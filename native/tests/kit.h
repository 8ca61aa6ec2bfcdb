/*
 * kit.h: what the test programs stand on: checks, target processes that do as they are told, and the state of swap.
 * Every target dies with its test.
 */
#ifndef EBB_TEST_KIT_H
#define EBB_TEST_KIT_H

#include "../lib/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((uint64_t)1 << 20)

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno); \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#define CHECK_EQUAL(a, b)                                                      \
  do {                                                                         \
    long long left_ = (long long)(a), right_ = (long long)(b);                 \
    if (left_ != right_) {                                                     \
      fprintf(stderr, "%s:%d: %s is %lld, %s is %lld\n", __FILE__, __LINE__, #a, left_, #b, right_); \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

#define CHECK_REASON(got, wanted)                                              \
  do {                                                                         \
    uint32_t got_ = (got), wanted_ = (wanted);                                 \
    if (got_ != wanted_) {                                                     \
      fprintf(stderr, "%s:%d: got '%s', wanted '%s'\n", __FILE__, __LINE__, ebb_reason_name(got_), ebb_reason_name(wanted_)); \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

_Noreturn void skip(const char *why);
void need_root(void);
void need_swap(void);

/* ---- targets ---- */

struct target {
  pid_t pid;
  int commands; /* write end here, read end there */
  int answers;
};

/* What the target sees. */
struct ends {
  int commands, answers;
};

/* Runs body in a child, which exits when it returns. */
struct target target__start(void (*body)(const struct ends *ends, void *context), void *context);
void target__stop(struct target *target);

/* In the target: says a number; waits for the next command, exits when the test is gone. */
void say(const struct ends *ends, uint64_t value);
uint64_t next_command(const struct ends *ends);
/* In the test. */
void command(const struct target *target, uint64_t value);
uint64_t answer(const struct target *target);

/* ---- handles ---- */

extern const struct ebb_begin anywhere; /* no container, both rights */
struct ebb_process *open_process(pid_t pid);
uint32_t open_reason(const struct ebb_begin *who, pid_t pid, uint64_t start_ticks);

/* Advises one list without limits but max_stall_micros. */
struct ebb_advise_result advise(struct ebb_process *process, uint32_t advice, const struct ebb_range *ranges, size_t count, struct ebb_range_result *results);
uint64_t present(struct ebb_process *process, uint64_t start, uint64_t end);
uint64_t swapped(struct ebb_process *process, uint64_t start, uint64_t end);

char *map_filled(size_t size);
void fill(char *memory, size_t size);
int is_filled(const char *memory, size_t size);
uint64_t pseudo_random(uint64_t *state);

#endif
