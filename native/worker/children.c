/* children.c: begins, feeds, relays, watches and reaps the processes behind the sessions. */
#include "children.h"

#include "frames.h"
#include "session.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAMPLE_AFTER_MICROS 1000000
#define REAP_MICROS 100000 /* from its end of stream a child is normally gone in less */

struct child *children__find(struct children *children, uint32_t session) {
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++)
    if (children->slots[i].pid && children->slots[i].session == session) return &children->slots[i];
  return NULL;
}

static struct child *free_slot(struct children *children) {
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++)
    if (!children->slots[i].pid) return &children->slots[i];
  return NULL;
}

uint32_t children__stuck(const struct children *children) {
  uint32_t stuck = 0;
  for (size_t i = 0; i < CHILDREN_STUCK_SLOTS; i++) stuck += children->stuck[i] != 0;
  return stuck;
}

static void close_others(struct children *children, const int *fds, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (fds[i] >= 0) close(fds[i]);
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++)
    if (children->slots[i].pid && children->slots[i].fd >= 0) close(children->slots[i].fd);
}

/* A session must not outlive its supervisor, whatever ends that. */
static void die_with(pid_t supervisor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != supervisor) _exit(0);
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
}

uint32_t children__begin(struct children *children, const struct ebb_frame *frame, const struct ebb_begin *begin, const int *close_in_child,
                         size_t close_count, int *error) {
  *error = 0;
  if (children__stuck(children) >= EBB_MAX_STUCK) return EBB_DEGRADED;
  struct child *child = free_slot(children);
  if (!child) return EBB_TOO_MANY_HANDLES;
  if (begin->cgroup[0]) ebb_cgroup_root(begin->mount); /* here once, and known in every child */
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return *error = errno, EBB_SYSTEM_ERROR;
  pid_t supervisor = getpid(), pid = fork();
  if (pid == 0) {
    die_with(supervisor);
    close(pair[0]);
    close_others(children, close_in_child, close_count);
    session__run(pair[1], begin);
  }
  close(pair[1]);
  if (pid < 0) return *error = errno, close(pair[0]), EBB_SYSTEM_ERROR;
  uint32_t watch = begin->watch_millis ? begin->watch_millis : WATCH_DEFAULT_MILLIS;
  *child = (struct child){.pid = pid, .fd = pair[0], .session = frame->session, .watch_millis = watch, .heard = watch__micros()};
  return EBB_OK;
}

static uint32_t forward(struct child *child, const struct ebb_frame *frame, const void *body) {
  if (outbox__add(&child->out, frame, body) < 0) return EBB_SYSTEM_ERROR;
  outbox__flush(&child->out, child->fd); /* a dead child is noticed by its end of stream */
  child->heard = watch__micros();
  child->sampled = 0;
  return EBB_OK;
}

static uint32_t cancel(struct child *child, const struct ebb_frame *frame) {
  if (child->waiting != EBB_FRAME_ADVISE || child->cancelled) return EBB_OK;
  child->cancelled = 1;
  return forward(child, frame, NULL);
}

uint32_t children__request(struct child *child, const struct ebb_frame *frame, const void *body) {
  if (frame->type == EBB_FRAME_CANCEL) return cancel(child, frame);
  if (child->ending || (child->waiting && frame->type != EBB_FRAME_END)) return EBB_PROTOCOL_ERROR;
  if (frame->type == EBB_FRAME_END) {
    child->ending = 1;
    child->end_sequence = frame->sequence;
  } else {
    child->waiting = frame->type;
    child->waiting_sequence = frame->sequence;
    child->cancelled = 0;
  }
  return forward(child, frame, body);
}

static void hang_up(struct child *child) {
  if (child->fd >= 0) close(child->fd);
  child->fd = -1;
  child->heard = watch__micros();
  child->sampled = 0;
  inbox__clear(&child->in);
  outbox__clear(&child->out);
}

/* A child may only answer what it was asked. */
static int is_expected(const struct child *child, const struct ebb_frame *frame) {
  if (frame->sequence != child->waiting_sequence || !child->waiting) return 0;
  if (frame->type == EBB_FRAME_PROGRESS) return child->waiting == EBB_FRAME_ADVISE;
  return frame->type == child->waiting || frame->type == EBB_FRAME_REFUSED;
}

/* 0: go on reading; 1: it broke the protocol. */
static int relay_one(struct child *child, struct outbox *agent) {
  struct ebb_frame *frame = &child->in.frame;
  int is_sign_of_life = frame->type == EBB_FRAME_PROGRESS && frame->sequence == 0;
  if (!is_sign_of_life && !is_expected(child, frame)) return 1;
  if (!is_sign_of_life && frame->type != EBB_FRAME_PROGRESS) child->waiting = 0;
  frame->session = child->session;
  int failed = !is_sign_of_life && child->session ? outbox__add(agent, frame, child->in.body) : 0;
  inbox__clear(&child->in);
  return failed != 0;
}

void children__relay(struct child *child, struct outbox *agent) {
  int got = inbox__read(&child->in, child->fd, frame__check_reply);
  child->heard = watch__micros();
  child->sampled = 0;
  if (got < 0 || (got == 1 && relay_one(child, agent))) hang_up(child);
}

static void tell_ended(struct children *children, struct child *child, struct outbox *agent, struct ebb_ended ended) {
  ended.stuck = children__stuck(children);
  struct ebb_frame frame = {.length = sizeof ended, .type = EBB_FRAME_ENDED, .session = child->session, .sequence = child->end_sequence};
  if (child->session) outbox__add(agent, &frame, &ended);
  hang_up(child);
  memset(child, 0, sizeof *child);
}

static void reaped(struct children *children, struct child *child, struct outbox *agent, int status) {
  struct ebb_ended ended = {.reason = EBB_SYSTEM_ERROR, .status = status};
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) ended.reason = EBB_TARGET_STUCK;
  else if (status == 0 && child->ending) ended.reason = EBB_OK;
  tell_ended(children, child, agent, ended);
}

static void abandon(struct children *children, struct child *child, struct outbox *agent) {
  for (size_t i = 0; i < CHILDREN_STUCK_SLOTS; i++) {
    if (children->stuck[i]) continue;
    children->stuck[i] = child->pid;
    break;
  }
  tell_ended(children, child, agent, (struct ebb_ended){.reason = EBB_TARGET_STUCK, .abandoned = 1});
}

/* State and CPU time of a child, from files that answer whatever it hangs in. 0: it can't be told. */
static char look_at(pid_t pid, uint64_t *ticks) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
  int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t length = pread(fd, text, sizeof text, 0);
  close(fd);
  struct ebb_sample sample = {0};
  uint64_t fields[10];
  if (length <= 0 || ebb_parse_stat(text, (size_t)length, &sample, fields) < 0) return 0;
  *ticks = sample.cpu_ticks;
  return sample.state;
}

/*
 * Silent for long, in uninterruptible sleep, and no CPU time since it fell silent: it hangs. A call on many pages runs,
 * a starved one is runnable, and neither is stuck.
 */
static int hangs(struct child *child, uint64_t now) {
  uint64_t silence = now - child->heard, limit = CHILDREN_SILENCE_MICROS + child->watch_millis * 1000ull, ticks = 0;
  if (silence < SAMPLE_AFTER_MICROS || (child->sampled && silence < limit)) return 0;
  char state = look_at(child->pid, &ticks);
  if (child->sampled && silence >= limit && state == 'D' && ticks == child->ticks) return 1;
  if (child->sampled) child->heard = now - SAMPLE_AFTER_MICROS;
  child->sampled = 1;
  child->ticks = ticks;
  return 0;
}

static int is_at_work(const struct child *child) {
  return child->waiting || child->ending || child->session == 0 || child->fd < 0;
}

static void settle_child(struct children *children, struct child *child, struct outbox *agent, int agent_is_slow) {
  int status = 0;
  if (child->fd < 0 && waitpid(child->pid, &status, WNOHANG) == child->pid) return reaped(children, child, agent, status);
  if (!is_at_work(child)) return;
  uint64_t now = watch__micros();
  if (agent_is_slow && child->fd >= 0) child->heard = now; /* it may wait for us */
  else if (hangs(child, now)) abandon(children, child, agent);
}

void children__settle(struct children *children, struct outbox *agent, int agent_is_slow) {
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++)
    if (children->slots[i].pid) settle_child(children, &children->slots[i], agent, agent_is_slow);
  for (size_t i = 0; i < CHILDREN_STUCK_SLOTS; i++)
    if (children->stuck[i] && waitpid(children->stuck[i], NULL, WNOHANG) == children->stuck[i]) children->stuck[i] = 0;
}

void children__orphan(struct children *children) {
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++) {
    struct child *child = &children->slots[i];
    if (!child->pid) continue;
    child->session = 0;
    hang_up(child);
  }
}

int children__patience(const struct children *children) {
  int patience = children__stuck(children) ? 1000 : -1;
  uint64_t now = watch__micros();
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++) {
    const struct child *child = &children->slots[i];
    if (!child->pid) continue;
    if (child->fd < 0 && now - child->heard < REAP_MICROS) return 2;
    if (is_at_work(child)) patience = 250;
  }
  return patience;
}
