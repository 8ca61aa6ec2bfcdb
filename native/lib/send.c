/*
 * send.c: gives one chunk to the kernel and settles the answer. A short count means that the piece after it failed; why
 * is known only by asking for that piece alone. Everything that can be advised is; exactly the rest is named.
 */
#include "pass.h"

#include <errno.h>
#include <sched.h>

#define BUSY_TRIES 5

void pass__note(struct pass *pass, uint32_t range, uint32_t reason, int error) {
  struct ebb_range_result *result = &pass->results[range];
  if (result->reason != EBB_OK) return;
  result->reason = reason;
  result->error = error;
}

uint32_t pass__stop(struct pass *pass, uint32_t reason, int error) {
  pass->result->reason = reason;
  pass->result->error = error;
  return reason;
}

static ssize_t advise(struct pass *pass, const struct iovec *pieces, size_t count) {
  pace__before_call(pass);
  uint64_t start = monotonic_micros();
  ssize_t answer = sys_process_madvise(pass->process->pidfd, pieces, count, (int)pass->limits->advice);
  uint64_t micros = monotonic_micros() - start;
  pass->result->calls++;
  pass->result->call_micros += micros;
  if (micros > pass->result->longest_micros) pass->result->longest_micros = micros;
  if (answer > 0) pace__learn(pass, (uint64_t)answer, micros);
  return answer;
}

static void credit(struct pass *pass, size_t piece, uint64_t bytes) {
  pass->results[pass->of[piece]].advised_bytes += bytes;
  pass->result->advised_bytes += bytes;
}

/* Counts whole pieces only. Returns the first that is not among them. */
static size_t credit_all(struct pass *pass, size_t first, uint64_t bytes) {
  for (; first < pass->filled && bytes >= pass->pieces[first].iov_len; first++) {
    bytes -= pass->pieces[first].iov_len;
    credit(pass, first, pass->pieces[first].iov_len);
  }
  return first;
}

/* A failure of this process, not of a piece: nothing more is tried. */
static uint32_t check_fatal(struct pass *pass, int error) {
  if (error == ESRCH) return pass__stop(pass, process__gone_reason(pass->process) == EBB_LEADER_EXITED ? EBB_LEADER_EXITED : EBB_EXITED, error);
  if (error == EPERM || error == EACCES) return pass__stop(pass, process__denied_reason(0), error);
  if (error == EBADF && pass->limits->advice != EBB_WILLNEED) return pass__stop(pass, EBB_SYSTEM_ERROR, error);
  return error == ENOSYS || error == EFAULT || error == EIO ? pass__stop(pass, EBB_SYSTEM_ERROR, error) : EBB_OK;
}

/* 0 when all of it was advised, else the errno. */
static int try_alone(struct pass *pass, size_t piece, uint64_t start, uint64_t end) {
  struct iovec alone = {.iov_base = (void *)(uintptr_t)start, .iov_len = end - start};
  ssize_t answer = -EAGAIN;
  for (int i = 0; i < BUSY_TRIES && (answer == -EAGAIN || answer == -EINTR); i++) {
    if (i > 0) sched_yield();
    answer = advise(pass, &alone, 1);
  }
  if (answer == (ssize_t)alone.iov_len) return credit(pass, piece, alone.iov_len), 0;
  return answer < 0 ? (int)-answer : EIO;
}

static uint32_t reason_of(int error) {
  if (error == EINVAL || error == EBADF) return EBB_UNADVISABLE;
  if (error == EAGAIN || error == EINTR || error == EBUSY || error == ENOMEM) return EBB_BUSY;
  return EBB_SYSTEM_ERROR;
}

/* The part [start, end) lies in one mapping: what fails here fails for the mapping itself. */
static uint32_t settle_part(struct pass *pass, size_t piece, uint64_t start, uint64_t end) {
  int error = try_alone(pass, piece, start, end);
  if (error == 0) return EBB_OK;
  uint32_t stop = check_fatal(pass, error);
  if (stop == EBB_OK) pass__note(pass, pass->of[piece], reason_of(error), error);
  return stop;
}

/* Goes through the mappings under a piece that failed: advises each, steps over the holes. */
static uint32_t settle_piece(struct pass *pass, size_t piece) {
  uint64_t at = (uintptr_t)pass->pieces[piece].iov_base, end = at + pass->pieces[piece].iov_len;
  while (at < end) {
    struct ebb_mapping mapping = {0, 0, 0};
    int found = mapping__at(pass->process, at, &mapping);
    if (found == -EINTR) continue;
    if (found == -ESRCH) return pass__stop(pass, process__gone_reason(pass->process), ESRCH);
    if (found < 0) return pass__stop(pass, EBB_SYSTEM_ERROR, -found);
    uint64_t start = !found || mapping.start > end ? end : mapping.start > at ? mapping.start : at;
    uint64_t stop_at = mapping.end < end ? mapping.end : end;
    if (start > at) pass__note(pass, pass->of[piece], EBB_GONE, ENOMEM);
    uint32_t stop = start < end ? settle_part(pass, piece, start, stop_at) : EBB_OK;
    if (stop != EBB_OK) return stop;
    at = start < end ? stop_at : end;
  }
  return EBB_OK;
}

uint32_t send__chunk(struct pass *pass) {
  for (size_t first = 0; first < pass->filled;) {
    ssize_t answer = advise(pass, pass->pieces + first, pass->filled - first);
    if (answer == -EINTR) continue;
    uint32_t stop = answer < 0 ? check_fatal(pass, (int)-answer) : EBB_OK;
    if (stop != EBB_OK) return stop;
    first = credit_all(pass, first, answer < 0 ? 0 : (uint64_t)answer);
    if (first == pass->filled) break;
    if ((stop = settle_piece(pass, first)) != EBB_OK) return stop;
    first++;
  }
  return EBB_OK;
}
