/* supervisor.h: the single-threaded loop between one agent and its sessions. */
#ifndef EBB_WORKER_SUPERVISOR_H
#define EBB_WORKER_SUPERVISOR_H

#include "children.h"
#include "probe.h"

#define SUPERVISOR_EXIT_PROTOCOL 65 /* EX_DATAERR: the agent broke the protocol */

struct supervisor {
  int listener; /* -1: the one agent was inherited */
  uid_t allowed; /* whose processes may connect */
  int agent;    /* -1: none */
  int reclaimer; /* -1: the right was not given */
  uint32_t reclaiming; /* sequence of the RECLAIM under way */
  int is_reclaiming;   /* 1: under way; 2: and its agent left */
  struct ebb_hello hello;
  struct ebb_probe probe[PROBE_ADVICES];
  struct inbox in, reclaimer_in;
  struct outbox out, reclaimer_out;
  struct children children;
};

/* Serves until the inherited agent is gone; for ever with a listener. Returns the exit code. */
int supervisor__run(struct supervisor *supervisor);

#endif
