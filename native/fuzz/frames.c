/*
 * frames.c: throws bytes at what the worker reads frames with, cut at any place: it must end, keep within its buffers,
 * and let through only frames that are what their type says.
 */
#include "../worker/frames.c"
#include "../worker/stream.c"

#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds) {
  if (!holds) __builtin_trap();
}

static void check_accepted(const struct inbox *in) {
  size_t front = frame__fixed_size(in->frame.type), items = frame__items(&in->frame);
  demand(in->frame.length <= FRAME_MAX_REQUEST && front <= in->frame.length);
  if (in->frame.type == EBB_FRAME_OPEN) demand(items <= EBB_MAX_TARGETS);
  if (in->frame.type == EBB_FRAME_BEGIN) demand(strlen(((const struct ebb_begin *)in->body)->cgroup) < EBB_PATH);
  if (in->frame.type != EBB_FRAME_ADVISE) return;
  const struct ebb_range *ranges = (const void *)(in->body + front);
  for (size_t i = 0; i < items; i++) demand(ranges[i].start < ranges[i].end && ranges[i].start % 4096 == 0);
}

/* 0: more may come; 1: the stream ended here. */
static int read_frames(struct inbox *in, int fd) {
  for (int got; (got = inbox__read(in, fd, frame__check_header)) != 0;) {
    if (got < 0) return 1;
    int wrong = frame__check_body(&in->frame, in->body);
    if (!wrong) check_accepted(in);
    inbox__clear(in);
    if (wrong) return 1;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int pair[2];
  struct inbox in = {0};
  if (size < 1 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 0;
  size_t cut = 1u + data[0] * 7u, over = 0;
  for (size_t at = 1; at < size && !over; at += cut) {
    size_t length = size - at < cut ? size - at : cut;
    over = send(pair[0], data + at, length, MSG_NOSIGNAL) < 0 || read_frames(&in, pair[1]);
  }
  close(pair[0]);
  if (!over) read_frames(&in, pair[1]);
  inbox__clear(&in);
  close(pair[1]);
  return 0;
}
