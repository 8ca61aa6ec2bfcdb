/* children.h: the processes behind the sessions, as their supervisor sees them. None of this touches a target's memory. */
#ifndef EBB_WORKER_CHILDREN_H
#define EBB_WORKER_CHILDREN_H

#include "stream.h"

#include <poll.h>

#define CHILDREN_SILENCE_MICROS 2000000 /* beyond the watch's deadline: then it hangs in the kernel */
#define CHILDREN_STUCK_SLOTS (EBB_MAX_STUCK + EBB_MAX_SESSIONS)

struct child {
  pid_t pid; /* 0: the slot is free */
  int fd;    /* -1: it closed its end and is to be reaped */
  uint32_t session; /* 0: its agent left */
  uint32_t waiting; /* frame type of the request under way, 0: none */
  uint32_t waiting_sequence;
  uint32_t end_sequence;
  int ending;
  int cancelled;
  uint32_t watch_millis;
  uint64_t heard; /* monotonic microseconds of the last sign of life */
  uint64_t ticks; /* CPU time seen when it fell silent; meaningful while sampled */
  int sampled;
  struct inbox in;
  struct outbox out;
};

struct children {
  struct child slots[EBB_MAX_SESSIONS];
  pid_t stuck[CHILDREN_STUCK_SLOTS];
};

struct child *children__find(struct children *children, uint32_t session);
/* Forks a session. 0, or the enum ebb_reason of the refusal with errno in *error. */
uint32_t children__begin(struct children *children, const struct ebb_frame *frame, const struct ebb_begin *begin, const int *close_in_child,
                         size_t close_count, int *error);
/* Hands a request to a session. 0, or the reason of a refusal. */
uint32_t children__request(struct child *child, const struct ebb_frame *frame, const void *body);
/* Reads what a child says; whole frames go to the agent. */
void children__relay(struct child *child, struct outbox *agent);
/* Reaps, gives up on the silent, and tells the agent who ended. */
void children__settle(struct children *children, struct outbox *agent, int agent_is_slow);
/* The agent left: every session ends. */
void children__orphan(struct children *children);
uint32_t children__stuck(const struct children *children);
/* How long poll(2) may sleep before children__settle has something to look at. */
int children__patience(const struct children *children);

#endif
