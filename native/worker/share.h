/* share.h: gives the one folder on the host that Ebb writes to the agent's group. */
#ifndef EBB_WORKER_SHARE_H
#define EBB_WORKER_SHARE_H

#include <sys/types.h>

/* The folder's owner and this group may use it, nobody else. 0 or -errno; -ENOTEMPTY where it holds what is not the agent's, named
 * on standard error. */
int share__folder(const char *path, gid_t group);

#endif
