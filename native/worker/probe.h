/* probe.h: what this kernel answers to each advice for another process, asked once on a child of the worker's own. */
#ifndef EBB_WORKER_PROBE_H
#define EBB_WORKER_PROBE_H

#include "../ebb.h"

#define PROBE_ADVICES 6

/* Fills out; where the child can't be made every error says so. */
void probe__run(struct ebb_probe out[PROBE_ADVICES]);

#endif
