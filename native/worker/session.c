/*
 * session.c: the child that is one session. It opens, proves, lists, scans and advises with the library, one request
 * at a time, and listens for a cancel between two chunks. Its handles live and die with it.
 */
#include "session.h"

#include "frames.h"
#include "stream.h"
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUNS_CAPACITY (EBB_MAX_FRAME / sizeof(struct ebb_run) - 1)
#define WAIT_SLICE_MICROS 50000

struct session {
  int fd;
  int ending;
  struct ebb_begin who;
  struct inbox in;
  size_t count;
  struct ebb_process *processes[EBB_MAX_TARGETS];
  struct ebb_proof proofs[EBB_MAX_TARGETS];
};

static void reply(struct session *session, const struct ebb_frame *to, const void *body, size_t length) {
  if (stream__send(session->fd, to->type, to->sequence, body, length, NULL, 0) < 0) _exit(0);
}

static void refuse(struct session *session, const struct ebb_frame *to, uint32_t reason, int error) {
  struct ebb_refused refused = {.reason = reason, .error = error};
  if (stream__send(session->fd, EBB_FRAME_REFUSED, to->sequence, &refused, sizeof refused, NULL, 0) < 0) _exit(0);
}

/* An allocation of this bounded process that fails leaves nothing to do but end; the supervisor tells. */
static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (!memory) _exit(EXIT_FAILURE);
  return memory;
}

static uint32_t denied(int scanning) {
  uint32_t held = ebb_capabilities();
  if (!(held & EBB_CAP_SYS_PTRACE)) return EBB_MISSING_SYS_PTRACE;
  if (scanning && !(held & EBB_CAP_DAC_READ_SEARCH)) return EBB_MISSING_DAC_READ_SEARCH;
  return EBB_PERMISSION_DENIED;
}

/* What a failed call on a process means: first ask whether it is still the process meant. */
static void refuse_call(struct session *session, const struct ebb_frame *to, struct ebb_process *process, int error) {
  struct ebb_proof proof = {0};
  ebb_process__prove(process, &proof);
  uint32_t reason = proof.reason;
  if (reason == EBB_OK && (error == EACCES || error == EPERM)) reason = denied(to->type == EBB_FRAME_COUNT || to->type == EBB_FRAME_RUNS);
  if (reason == EBB_OK) reason = error == ESRCH ? EBB_EXITED : error == 0 ? EBB_EXECED : EBB_SYSTEM_ERROR;
  refuse(session, to, reason, error);
}

/* A handle that failed its proof stays as a hole: the numbers of the others do not move. */
static struct ebb_process *process_of(struct session *session, uint32_t handle) {
  return handle < session->count ? session->processes[handle] : NULL;
}

static void drop_refused(struct session *session, size_t first) {
  for (size_t i = first; i < session->count; i++) {
    if (session->proofs[i].reason == EBB_OK || !session->processes[i]) continue;
    ebb_process__close(session->processes[i]);
    session->processes[i] = NULL;
  }
}

/* What can't be told apart is not held: the handles opened since `first` get this reason. */
static void refuse_since(struct session *session, size_t first, uint32_t reason, int error) {
  for (size_t i = first; i < session->count; i++)
    if (session->proofs[i].reason == EBB_OK) session->proofs[i].reason = reason, session->proofs[i].error = error;
}

/* Address spaces are compared over all handles of the session; those opened before `first` keep counting. */
static void find_shared(struct session *session, size_t first) {
  struct ebb_process *open[EBB_MAX_TARGETS];
  struct ebb_proof *proofs = allocate(EBB_MAX_TARGETS, sizeof *proofs);
  size_t of[EBB_MAX_TARGETS], count = 0, settled = 0;
  for (size_t i = 0; i < session->count; i++) {
    if (!session->processes[i] || session->proofs[i].reason != EBB_OK) continue;
    open[count] = session->processes[i];
    proofs[count] = session->proofs[i];
    of[count++] = i;
    settled += i < first;
  }
  int failed = count > 0 ? ebb_process__find_shared(&session->who, open, proofs, count, settled) : 0;
  for (size_t i = 0; i < count; i++) session->proofs[of[i]] = proofs[i];
  if (failed < 0) refuse_since(session, first, EBB_SYSTEM_ERROR, -failed);
  free(proofs);
}

static void serve_open(struct session *session, const struct ebb_frame *frame, const struct ebb_target *targets) {
  size_t first = session->count, wanted = frame__items(frame);
  if (first + wanted > EBB_MAX_TARGETS) return refuse(session, frame, EBB_TOO_MANY_PROCESSES, 0);
  for (size_t i = 0; i < wanted; i++) {
    struct ebb_proof *proof = &session->proofs[session->count];
    memset(proof, 0, sizeof *proof);
    session->processes[session->count] = NULL;
    int failed = ebb_process__open(&session->who, &targets[i], &session->processes[session->count], proof);
    proof->pid = targets[i].pid;
    proof->handle = (uint32_t)session->count++;
    if (failed && proof->reason == EBB_OK) proof->reason = EBB_SYSTEM_ERROR, proof->error = -failed;
    if (!failed && ebb_process__is_own(session->processes[session->count - 1])) proof->reason = EBB_OWN_PROCESS;
  }
  find_shared(session, first);
  drop_refused(session, first);
  reply(session, frame, &session->proofs[first], wanted * sizeof(struct ebb_proof));
}

static void serve_measure(struct session *session, const struct ebb_frame *frame) {
  struct ebb_proof *proofs = allocate(session->count, sizeof *proofs);
  size_t count = 0;
  for (size_t i = 0; i < session->count; i++) {
    if (!session->processes[i]) continue;
    struct ebb_proof *proof = &proofs[count++];
    *proof = session->proofs[i];
    int failed = ebb_process__prove(session->processes[i], proof);
    proof->pid = session->proofs[i].pid;
    proof->handle = (uint32_t)i;
    if (failed && proof->reason == EBB_OK) proof->reason = EBB_SYSTEM_ERROR, proof->error = -failed;
  }
  reply(session, frame, proofs, count * sizeof *proofs);
  free(proofs);
}

static void serve_list(struct session *session, const struct ebb_frame *frame, struct ebb_process *process) {
  struct ebb_mapping *mappings = allocate(EBB_MAX_MAPPINGS, sizeof *mappings);
  ssize_t count = ebb_process__list(process, mappings, EBB_MAX_MAPPINGS);
  if (count <= 0) refuse_call(session, frame, process, (int)-count);
  else if (count > EBB_MAX_MAPPINGS) refuse(session, frame, EBB_TOO_MANY_MAPPINGS, 0);
  else reply(session, frame, mappings, (size_t)count * sizeof *mappings);
  free(mappings);
}

static void serve_count(struct session *session, const struct ebb_frame *frame, const struct ebb_scan *scan, struct ebb_process *process) {
  size_t count = frame__items(frame);
  struct ebb_counts *counts = allocate(count, sizeof *counts);
  int failed = ebb_process__count(process, (const struct ebb_range *)(scan + 1), count, scan->flags, counts);
  if (failed < 0) refuse_call(session, frame, process, -failed);
  else reply(session, frame, counts, count * sizeof *counts);
  free(counts);
}

static void serve_runs(struct session *session, const struct ebb_frame *frame, const struct ebb_scan *scan, struct ebb_process *process) {
  struct ebb_run *runs = allocate(RUNS_CAPACITY, sizeof *runs);
  const struct ebb_range *ranges = (const struct ebb_range *)(scan + 1);
  ssize_t found = ebb_process__runs(process, ranges, frame__items(frame), scan->flags, scan->category, runs, RUNS_CAPACITY);
  if (found < 0) refuse_call(session, frame, process, (int)-found);
  else if ((size_t)found >= RUNS_CAPACITY) refuse(session, frame, EBB_TOO_MANY_MAPPINGS, 0);
  else reply(session, frame, runs, (size_t)found * sizeof *runs);
  free(runs);
}

struct pass {
  struct session *session;
  const struct ebb_frame *frame;
  uint64_t last_news;
};

static void tell_progress(struct pass *pass, const struct ebb_advise_result *so_far) {
  uint64_t now = watch__micros();
  if (now - pass->last_news < WATCH_NEWS_MICROS) return;
  pass->last_news = now;
  struct ebb_frame frame = {.length = sizeof(struct ebb_progress), .type = EBB_FRAME_PROGRESS, .sequence = pass->frame->sequence};
  struct ebb_progress progress = {.advised_bytes = so_far->advised_bytes, .calls = so_far->calls};
  stream__send_news(pass->session->fd, &frame, &progress);
}

/* Waits for the agent to say something, at most so long. 1: it did, or is gone. */
static int heard(struct session *session, uint64_t wait_micros) {
  if (wait_micros > WAIT_SLICE_MICROS) wait_micros = WAIT_SLICE_MICROS;
  struct timespec wait = {.tv_nsec = (long)(wait_micros * 1000)};
  struct pollfd poll = {.fd = session->fd, .events = POLLIN};
  return ppoll(&poll, 1, &wait, NULL) > 0;
}

static uint32_t between(void *context, const struct ebb_advise_result *so_far, uint64_t wait_micros) {
  struct pass *pass = context;
  struct session *session = pass->session;
  tell_progress(pass, so_far);
  if (!heard(session, wait_micros)) return EBB_OK;
  int got = inbox__read(&session->in, session->fd, frame__check_header);
  if (got < 0) _exit(0);
  if (got == 0) return EBB_OK;
  uint32_t type = session->in.frame.type;
  inbox__clear(&session->in);
  if (type == EBB_FRAME_END) session->ending = 1;
  return EBB_CANCELLED;
}

static void serve_advise(struct session *session, const struct ebb_frame *frame, const struct ebb_handle *front, struct ebb_process *process) {
  struct ebb_advise_limits limits;
  memcpy(&limits, front + 1, sizeof limits);
  const struct ebb_range *ranges = (const void *)((const char *)(front + 1) + sizeof limits);
  size_t count = frame__items(frame);
  struct ebb_range_result *results = allocate(count, sizeof *results);
  struct ebb_advise_result result = {0};
  struct pass pass = {.session = session, .frame = frame, .last_news = watch__micros()};
  int failed = ebb_process__advise(process, &limits, ranges, count, results, &result, between, &pass);
  if (failed < 0 && result.reason == EBB_OK) result.reason = EBB_SYSTEM_ERROR, result.error = -failed;
  if (stream__send(session->fd, frame->type, frame->sequence, &result, sizeof result, results, count * sizeof *results) < 0) _exit(0);
  free(results);
}

static int is_advice(uint32_t advice) {
  return advice == EBB_WILLNEED || advice == EBB_COLD || advice == EBB_PAGEOUT || advice == EBB_COLLAPSE;
}

static void serve_process(struct session *session, const struct ebb_frame *frame, const void *body) {
  const struct ebb_handle *front = body;
  struct ebb_process *process = process_of(session, front->handle);
  if (!process) return refuse(session, frame, EBB_NO_SUCH_PROCESS, 0);
  if (frame->type == EBB_FRAME_LIST) return serve_list(session, frame, process);
  if (frame->type == EBB_FRAME_COUNT) return serve_count(session, frame, body, process);
  if (frame->type == EBB_FRAME_RUNS) return serve_runs(session, frame, body, process);
  const struct ebb_advise_limits *limits = (const void *)(front + 1);
  if (!is_advice(limits->advice)) return refuse(session, frame, EBB_ADVICE_UNSUPPORTED, 0);
  serve_advise(session, frame, front, process);
}

static void serve(struct session *session, const struct ebb_frame *frame, const void *body) {
  uint32_t needed = frame->type == EBB_FRAME_ADVISE ? EBB_ADVISE : EBB_OBSERVE;
  if (!(session->who.rights & needed)) return refuse(session, frame, EBB_RIGHTS_EXCEEDED, 0);
  if (frame->type == EBB_FRAME_OPEN) serve_open(session, frame, body);
  else if (frame->type == EBB_FRAME_MEASURE) serve_measure(session, frame);
  else serve_process(session, frame, body);
}

static void serve_next(struct session *session) {
  struct pollfd poll_in = {.fd = session->fd, .events = POLLIN};
  if (poll(&poll_in, 1, -1) < 0) return;
  int got = inbox__read(&session->in, session->fd, frame__check_header);
  if (got < 0) _exit(0);
  if (got == 0) return;
  struct ebb_frame frame = session->in.frame;
  char *body = session->in.body;
  memset(&session->in, 0, sizeof session->in);
  if (frame.type == EBB_FRAME_END) session->ending = 1;
  else if (frame.type != EBB_FRAME_CANCEL) serve(session, &frame, body);
  free(body);
}

_Noreturn void session__run(int fd, const struct ebb_begin *begin) {
  static struct session session;
  session.fd = fd;
  session.who = *begin;
  watch__begin(fd, begin->watch_millis);
  while (!session.ending) serve_next(&session);
  _exit(0);
}
