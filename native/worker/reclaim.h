/* reclaim.h: the opt-in process that writes memory.reclaim; it holds no capability and serves no session. */
#ifndef EBB_WORKER_RECLAIM_H
#define EBB_WORKER_RECLAIM_H

#include "../ebb.h"

/* Forks it before the worker confines itself. Returns the worker's end of the stream, or -errno; and whether Landlock encloses it. */
int reclaim__start(int *is_enclosed);

#endif
