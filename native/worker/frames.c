/* frames.c: checks of frames, on both ends inside the worker. Pure: reads its arguments, touches nothing else. */
#include "frames.h"

#include <errno.h>
#include <string.h>

#define ADDRESS_LIMIT ((uint64_t)1 << 57)

struct shape {
  uint32_t type;
  uint32_t of_worker; /* 1: session 0, 0: a session */
  uint32_t fixed;     /* bytes in front */
  uint32_t item;      /* then items of this size, 0: none */
  uint32_t max_items;
};

static const struct shape requests[] = {
    {EBB_FRAME_HELLO, 1, 0, 0, 0},
    {EBB_FRAME_PROBE, 1, 0, 0, 0},
    {EBB_FRAME_RECLAIM, 1, sizeof(struct ebb_reclaim), 0, 0},
    {EBB_FRAME_BEGIN, 0, sizeof(struct ebb_begin), 0, 0},
    {EBB_FRAME_OPEN, 0, 0, sizeof(struct ebb_target), EBB_MAX_TARGETS},
    {EBB_FRAME_LIST, 0, sizeof(struct ebb_handle), 0, 0},
    {EBB_FRAME_COUNT, 0, sizeof(struct ebb_scan), sizeof(struct ebb_range), EBB_MAX_MAPPINGS},
    {EBB_FRAME_RUNS, 0, sizeof(struct ebb_scan), sizeof(struct ebb_range), EBB_MAX_MAPPINGS},
    {EBB_FRAME_ADVISE, 0, sizeof(struct ebb_handle) + sizeof(struct ebb_advise_limits), sizeof(struct ebb_range), EBB_MAX_MAPPINGS},
    {EBB_FRAME_MEASURE, 0, 0, 0, 0},
    {EBB_FRAME_CANCEL, 0, 0, 0, 0},
    {EBB_FRAME_END, 0, 0, 0, 0},
};

static const struct shape *shape_of(uint32_t type) {
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    if (requests[i].type == type) return &requests[i];
  return NULL;
}

size_t frame__fixed_size(uint32_t type) {
  const struct shape *shape = shape_of(type);
  return shape ? shape->fixed : 0;
}

size_t frame__items(const struct ebb_frame *frame) {
  const struct shape *shape = shape_of(frame->type);
  if (!shape || !shape->item) return 0;
  return (frame->length - shape->fixed) / shape->item;
}

int frame__check_header(const struct ebb_frame *frame) {
  const struct shape *shape = shape_of(frame->type);
  if (!shape || shape->of_worker != (frame->session == 0)) return -EPROTO;
  if (frame->length > FRAME_MAX_REQUEST || frame->length < shape->fixed) return -EPROTO;
  uint32_t rest = frame->length - shape->fixed;
  if (!shape->item) return rest == 0 ? 0 : -EPROTO;
  return rest % shape->item == 0 && rest / shape->item <= shape->max_items ? 0 : -EPROTO;
}

static int ends(const char *text, size_t capacity) {
  return memchr(text, 0, capacity) != NULL;
}

/* An absolute path that stays below its root. */
static int is_clean_path(const char *path) {
  if (path[0] != '/') return 0;
  for (const char *at = path; (at = strstr(at, "/..")); at += 3)
    if (at[3] == 0 || at[3] == '/') return 0;
  return 1;
}

static int check_place(const char mount[256], const char cgroup[EBB_PATH], int optional) {
  if (!ends(mount, 256) || !ends(cgroup, EBB_PATH)) return -EPROTO;
  if (optional && !mount[0] && !cgroup[0]) return 0;
  return is_clean_path(mount) && is_clean_path(cgroup) ? 0 : -EPROTO;
}

static int check_begin(const struct ebb_begin *begin) {
  if (begin->rights == 0 || begin->rights & ~(uint32_t)(EBB_OBSERVE | EBB_ADVISE)) return -EPROTO;
  if (begin->watch_millis > 10000) return -EPROTO;
  return check_place(begin->mount, begin->cgroup, 1);
}

static int check_ranges(const struct ebb_range *ranges, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t start = ranges[i].start, end = ranges[i].end;
    if (start >= end || end > ADDRESS_LIMIT || (start | end) & 4095) return -EPROTO;
  }
  return 0;
}

static int check_targets(const struct ebb_target *targets, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (targets[i].reserved != 0) return -EPROTO;
  return 0;
}

int frame__check_body(const struct ebb_frame *frame, const void *body) {
  switch (frame->type) {
    case EBB_FRAME_BEGIN:
      return check_begin(body);
    case EBB_FRAME_RECLAIM:
      return check_place(((const struct ebb_reclaim *)body)->mount, ((const struct ebb_reclaim *)body)->cgroup, 0);
    case EBB_FRAME_OPEN:
      return check_targets(body, frame__items(frame));
    case EBB_FRAME_COUNT:
    case EBB_FRAME_RUNS:
    case EBB_FRAME_ADVISE:
      return check_ranges((const void *)((const char *)body + frame__fixed_size(frame->type)), frame__items(frame));
    default:
      return 0;
  }
}

int frame__check_reply(const struct ebb_frame *frame) {
  if (frame->length > EBB_MAX_FRAME) return -EPROTO;
  if (frame->type == EBB_FRAME_PROGRESS) return frame->length == sizeof(struct ebb_progress) ? 0 : -EPROTO;
  if (frame->type == EBB_FRAME_REFUSED) return frame->length == sizeof(struct ebb_refused) ? 0 : -EPROTO;
  return frame->type >= EBB_FRAME_BEGIN && frame->type <= EBB_FRAME_MEASURE ? 0 : -EPROTO;
}
