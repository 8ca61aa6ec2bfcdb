/*
 * pass.h: one pass of advice over a list of ranges, as its files share it: pace.c says how much a call may take and when,
 * chunk.c gathers pieces of ranges up to that, send.c gives them to the kernel and settles what it answers, advise.c is
 * the loop.
 */
#ifndef EBB_PASS_H
#define EBB_PASS_H

#include "internal.h"

struct pace {
  uint64_t chunk_bytes;
  uint64_t recent; /* nanoseconds per MiB of the last calls */
  uint64_t worst;  /* the dearest seen, forgotten slowly and never below half of what resident pages may cost */
};

struct pass {
  struct ebb_process *process;
  const struct ebb_advise_limits *limits;
  const struct ebb_range *ranges;
  size_t count;
  struct ebb_range_result *results;
  struct ebb_advise_result *result;
  ebb_between between;
  void *context;
  uint64_t started_micros;
  uint64_t paid_bytes; /* what counts against bytes_per_second */
  struct pace pace;
  int schedstat; /* of this thread */
  uint64_t queued_micros;
  size_t next; /* the range gathered from, and where in it */
  uint64_t at;
  struct iovec pieces[EBB_PAGE_BATCH];
  uint32_t of[EBB_PAGE_BATCH]; /* the range of each piece */
  size_t filled;
  uint64_t filled_bytes;
};

/* pace.c */
void pace__begin(struct pass *pass);
void pace__end(struct pass *pass);
void pace__before_call(struct pass *pass);
void pace__learn(struct pass *pass, uint64_t bytes, uint64_t micros);
/* After each chunk: lets a target that is awake have its lock. */
void pace__after_chunk(struct pass *pass);
uint64_t pace__due_micros(const struct pass *pass, uint64_t elapsed_micros);

/* chunk.c: fills pieces; what is no longer what was meant is settled at once. 0, or the reason to stop. */
uint32_t chunk__gather(struct pass *pass);

/* send.c: 0, or the reason to stop. */
uint32_t send__chunk(struct pass *pass);
/* Keeps the first thing that went wrong with a range. */
void pass__note(struct pass *pass, uint32_t range, uint32_t reason, int error);
uint32_t pass__stop(struct pass *pass, uint32_t reason, int error);

#endif
