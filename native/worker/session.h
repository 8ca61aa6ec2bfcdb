/* session.h: the child that is one session: the only part of the worker that touches a target's memory. */
#ifndef EBB_WORKER_SESSION_H
#define EBB_WORKER_SESSION_H

#include "../ebb.h"

/* Serves frames on fd until told to end or until the supervisor is gone. */
_Noreturn void session__run(int fd, const struct ebb_begin *begin);

#endif
