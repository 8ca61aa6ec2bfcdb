/*
 * supervisor.c: the single-threaded loop between one agent and its sessions. It relays frames with bounded buffers and
 * never touches a target's memory, so no target can stop it.
 */
#include "supervisor.h"

#include "frames.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOW_BYTES (64u << 10) /* more than this unread: nothing more is read for this agent */

static int is_slow(const struct supervisor *supervisor) {
  return outbox__pending(&supervisor->out) > SLOW_BYTES;
}

static void reply(struct supervisor *supervisor, const struct ebb_frame *to, uint32_t type, const void *body, size_t length) {
  struct ebb_frame frame = {.length = (uint32_t)length, .type = type, .session = to->session, .sequence = to->sequence};
  outbox__add(&supervisor->out, &frame, body);
}

static void refuse(struct supervisor *supervisor, const struct ebb_frame *to, uint32_t reason, int error) {
  struct ebb_refused refused = {.reason = reason, .error = error};
  reply(supervisor, to, EBB_FRAME_REFUSED, &refused, sizeof refused);
}

static void request_reclaim(struct supervisor *supervisor, const struct ebb_frame *frame, const void *body) {
  if (supervisor->reclaimer < 0) return refuse(supervisor, frame, EBB_RECLAIM_UNAVAILABLE, 0);
  if (supervisor->is_reclaiming) return refuse(supervisor, frame, EBB_BUSY, 0);
  supervisor->is_reclaiming = 1;
  supervisor->reclaiming = frame->sequence;
  outbox__add(&supervisor->reclaimer_out, frame, body);
  outbox__flush(&supervisor->reclaimer_out, supervisor->reclaimer);
}

static void begin(struct supervisor *supervisor, const struct ebb_frame *frame, const struct ebb_begin *begin) {
  if (children__find(&supervisor->children, frame->session)) return refuse(supervisor, frame, EBB_PROTOCOL_ERROR, 0);
  int private[] = {supervisor->agent, supervisor->listener, supervisor->reclaimer}, error;
  uint32_t reason = children__begin(&supervisor->children, frame, begin, private, 3, &error);
  if (reason) refuse(supervisor, frame, reason, error);
  else reply(supervisor, frame, EBB_FRAME_BEGIN, NULL, 0);
}

static void request_session(struct supervisor *supervisor, const struct ebb_frame *frame, const void *body) {
  struct child *child = children__find(&supervisor->children, frame->session);
  if (!child && frame->type == EBB_FRAME_CANCEL) return; /* it ended meanwhile */
  uint32_t reason = child ? children__request(child, frame, body) : EBB_PROTOCOL_ERROR;
  if (reason) refuse(supervisor, frame, reason, 0);
}

static void dispatch(struct supervisor *supervisor, const struct ebb_frame *frame, const void *body) {
  switch (frame->type) {
    case EBB_FRAME_HELLO:
      return reply(supervisor, frame, frame->type, &supervisor->hello, sizeof supervisor->hello);
    case EBB_FRAME_PROBE:
      return reply(supervisor, frame, frame->type, supervisor->probe, sizeof supervisor->probe);
    case EBB_FRAME_RECLAIM:
      return request_reclaim(supervisor, frame, body);
    case EBB_FRAME_BEGIN:
      return begin(supervisor, frame, body);
    default:
      return request_session(supervisor, frame, body);
  }
}

static void agent_left(struct supervisor *supervisor) {
  close(supervisor->agent);
  supervisor->agent = -1;
  inbox__clear(&supervisor->in);
  outbox__clear(&supervisor->out);
  children__orphan(&supervisor->children);
  if (supervisor->is_reclaiming) supervisor->is_reclaiming = 2;
}

/* The frame that breaks the protocol is the last one read: what follows it can't be trusted to be a frame. */
static int broke_protocol(struct supervisor *supervisor) {
  refuse(supervisor, &supervisor->in.frame, EBB_PROTOCOL_ERROR, 0);
  outbox__flush(&supervisor->out, supervisor->agent);
  return SUPERVISOR_EXIT_PROTOCOL;
}

/* Returns -1 to go on, or the exit code that fits the end of this agent. */
static int read_agent(struct supervisor *supervisor) {
  int got = inbox__read(&supervisor->in, supervisor->agent, frame__check_header);
  if (got == 0) return -1;
  if (got == 1) got = frame__check_body(&supervisor->in.frame, supervisor->in.body);
  if (got == -EPROTO) return broke_protocol(supervisor);
  if (got < 0) return 0;
  dispatch(supervisor, &supervisor->in.frame, supervisor->in.body);
  inbox__clear(&supervisor->in);
  return -1;
}

static void lose_reclaimer(struct supervisor *supervisor) {
  struct ebb_frame frame = {.sequence = supervisor->reclaiming};
  if (supervisor->is_reclaiming == 1) refuse(supervisor, &frame, EBB_RECLAIM_UNAVAILABLE, 0);
  close(supervisor->reclaimer);
  supervisor->reclaimer = -1;
  supervisor->is_reclaiming = 0;
}

static int check_reclaimed(const struct ebb_frame *frame) {
  if (frame->type == EBB_FRAME_RECLAIM) return frame->length == sizeof(struct ebb_reclaimed) ? 0 : -EPROTO;
  return frame__check_reply(frame);
}

static void read_reclaimer(struct supervisor *supervisor) {
  int got = inbox__read(&supervisor->reclaimer_in, supervisor->reclaimer, check_reclaimed);
  if (got < 0) return lose_reclaimer(supervisor);
  if (got == 0) return;
  if (supervisor->is_reclaiming == 1) outbox__add(&supervisor->out, &supervisor->reclaimer_in.frame, supervisor->reclaimer_in.body);
  supervisor->is_reclaiming = 0;
  inbox__clear(&supervisor->reclaimer_in);
}

/* One agent at a time; who is not the allowed user is turned away unheard. */
static void accept_agent(struct supervisor *supervisor) {
  struct ucred who;
  socklen_t length = sizeof who;
  int fd = accept4(supervisor->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  int known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0;
  if (known && who.uid == supervisor->allowed) supervisor->agent = fd;
  else close(fd);
}

enum { AGENT, RECLAIMER, FIRST_CHILD, POLLED = FIRST_CHILD + EBB_MAX_SESSIONS };

static struct pollfd interest(int fd, int reading, int writing) {
  short events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0));
  return (struct pollfd){.fd = events ? fd : -1, .events = events};
}

static void wait_for_news(struct supervisor *supervisor, struct pollfd polled[POLLED]) {
  int reading = !is_slow(supervisor), has_agent = supervisor->agent >= 0;
  polled[AGENT] = has_agent ? interest(supervisor->agent, reading, outbox__pending(&supervisor->out) > 0) : interest(supervisor->listener, 1, 0);
  polled[RECLAIMER] = interest(supervisor->reclaimer, 1, 0);
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++) {
    struct child *child = &supervisor->children.slots[i];
    polled[FIRST_CHILD + i] = interest(child->pid ? child->fd : -1, reading, child->pid && outbox__pending(&child->out) > 0);
  }
  if (poll(polled, POLLED, children__patience(&supervisor->children)) < 0) memset(polled, 0, POLLED * sizeof *polled);
}

static void serve_children(struct supervisor *supervisor, const struct pollfd polled[POLLED]) {
  for (size_t i = 0; i < EBB_MAX_SESSIONS; i++) {
    struct child *child = &supervisor->children.slots[i];
    short events = polled[FIRST_CHILD + i].revents;
    if (!child->pid || child->fd < 0) continue;
    if (events & POLLOUT) outbox__flush(&child->out, child->fd);
    if (events & (POLLIN | POLLHUP | POLLERR)) children__relay(child, &supervisor->out);
  }
  children__settle(&supervisor->children, &supervisor->out, is_slow(supervisor));
}

/* Returns -1 to go on, or the exit code that fits the end of this agent. */
static int serve_agent(struct supervisor *supervisor, short events) {
  int over = -1;
  if (events & (POLLIN | POLLHUP | POLLERR)) over = read_agent(supervisor);
  if (over < 0 && outbox__flush(&supervisor->out, supervisor->agent) < 0) over = 0;
  return over;
}

int supervisor__run(struct supervisor *supervisor) {
  for (;;) {
    struct pollfd polled[POLLED];
    wait_for_news(supervisor, polled);
    serve_children(supervisor, polled);
    if (polled[RECLAIMER].revents && supervisor->reclaimer >= 0) read_reclaimer(supervisor);
    if (supervisor->agent < 0) {
      if (polled[AGENT].revents) accept_agent(supervisor);
      continue;
    }
    int over = serve_agent(supervisor, polled[AGENT].revents);
    if (over < 0) continue;
    agent_left(supervisor);
    if (supervisor->listener < 0) return over;
  }
}
