/* confine.h: what the worker gives up before it listens to anyone. */
#ifndef EBB_WORKER_CONFINE_H
#define EBB_WORKER_CONFINE_H

#include <stdint.h>

/* Keeps only these of enum ebb_capability, where it has them, in every set and for good. 0 or -errno. */
int confine__drop_capabilities(uint32_t keep);
/* Descriptors up to the hard limit, no core dumps, not dumpable, no new privileges, exact timers. 0 or -errno. */
int confine__limit(void);
/*
 * Where the kernel has Landlock (5.13): no process but itself is reached, whatever its user is, and no file opened for
 * writing that is not below this folder. Returns whether that is so from here on.
 */
int confine__enclose(const char *folder);

#endif
