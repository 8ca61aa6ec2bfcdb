/* listen.h: the unix socket on which a worker in its own container waits for the agent. */
#ifndef EBB_WORKER_LISTEN_H
#define EBB_WORKER_LISTEN_H

#include <sys/types.h>

/* Binds path, replacing a socket that an earlier worker left, for processes of this user only. Returns an fd or -errno. */
int listen__open(const char *path, uid_t allowed);

#endif
