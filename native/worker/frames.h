/* frames.h: what a frame from the agent may look like, checked before anything acts on it. */
#ifndef EBB_WORKER_FRAMES_H
#define EBB_WORKER_FRAMES_H

#include "../ebb.h"

/* Longest body an agent may send: the scan or limits in front and one range per mapping. */
#define FRAME_MAX_REQUEST ((uint32_t)(64 + EBB_MAX_MAPPINGS * sizeof(struct ebb_range)))

/* Header alone: known request, session and length as its type demands. Returns 0 or -EPROTO. */
int frame__check_header(const struct ebb_frame *frame);
/* Body of a frame whose header is good: strings end, ranges are ranges. Returns 0 or -EPROTO. */
int frame__check_body(const struct ebb_frame *frame, const void *body);
/* Header of what a session's child says to its supervisor. Returns 0 or -EPROTO. */
int frame__check_reply(const struct ebb_frame *frame);
/* Ranges behind the fixed part of a COUNT, RUNS or ADVISE. */
size_t frame__fixed_size(uint32_t type);
size_t frame__items(const struct ebb_frame *frame);

#endif
