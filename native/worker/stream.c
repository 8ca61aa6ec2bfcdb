/* stream.c: frames over a stream socket: half-read ones in, half-written ones out. */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define KEPT_CAPACITY (256u << 10)

static int start_body(struct inbox *in, int (*check)(const struct ebb_frame *)) {
  int wrong = check(&in->frame);
  if (wrong) return wrong;
  if (in->frame.length == 0) return 0;
  in->body = malloc(in->frame.length);
  return in->body ? 0 : -ENOMEM;
}

static ssize_t receive(struct inbox *in, int fd) {
  size_t head = sizeof in->frame;
  char *at = in->have < head ? (char *)&in->frame + in->have : in->body + (in->have - head);
  size_t want = in->have < head ? head - in->have : head + in->frame.length - in->have;
  ssize_t got = recv(fd, at, want, MSG_DONTWAIT);
  if (got == 0) return -EPIPE;
  return got < 0 ? -errno : got;
}

int inbox__read(struct inbox *in, int fd, int (*check)(const struct ebb_frame *)) {
  for (;;) {
    ssize_t got = receive(in, fd);
    if (got == -EINTR) continue;
    if (got == -EAGAIN) return 0;
    if (got < 0) return (int)got;
    in->have += (size_t)got;
    if (in->have == sizeof in->frame) {
      int wrong = start_body(in, check);
      if (wrong) return wrong;
    }
    if (in->have >= sizeof in->frame && in->have == sizeof in->frame + in->frame.length) return 1;
  }
}

void inbox__clear(struct inbox *in) {
  free(in->body);
  memset(in, 0, sizeof *in);
}

static int reserve(struct outbox *out, size_t more) {
  if (out->length + more <= out->capacity) return 0;
  if (out->sent > 0) memmove(out->bytes, out->bytes + out->sent, out->length - out->sent);
  out->length -= out->sent;
  out->sent = 0;
  if (out->length + more <= out->capacity) return 0;
  size_t capacity = out->length + more < 4096 ? 4096 : out->length + more;
  char *bytes = realloc(out->bytes, capacity);
  if (!bytes) return -ENOMEM;
  out->bytes = bytes;
  out->capacity = capacity;
  return 0;
}

int outbox__add(struct outbox *out, const struct ebb_frame *frame, const void *body) {
  int failed = reserve(out, sizeof *frame + frame->length);
  if (failed) return failed;
  memcpy(out->bytes + out->length, frame, sizeof *frame);
  if (frame->length) memcpy(out->bytes + out->length + sizeof *frame, body, frame->length);
  out->length += sizeof *frame + frame->length;
  return 0;
}

int outbox__flush(struct outbox *out, int fd) {
  while (out->sent < out->length) {
    ssize_t put = send(fd, out->bytes + out->sent, out->length - out->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return errno == EAGAIN ? 0 : -errno;
    out->sent += (size_t)put;
  }
  out->sent = out->length = 0;
  if (out->capacity > KEPT_CAPACITY) outbox__clear(out);
  return 0;
}

size_t outbox__pending(const struct outbox *out) {
  return out->length - out->sent;
}

void outbox__clear(struct outbox *out) {
  free(out->bytes);
  memset(out, 0, sizeof *out);
}

static int send_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    ssize_t put = send(fd, at, length, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return -errno;
    at += put;
    length -= (size_t)put;
  }
  return 0;
}

int stream__send(int fd, uint32_t type, uint32_t sequence, const void *first, size_t first_length, const void *rest, size_t rest_length) {
  struct ebb_frame frame = {.length = (uint32_t)(first_length + rest_length), .type = type, .sequence = sequence};
  int failed = send_all(fd, &frame, sizeof frame);
  if (!failed) failed = send_all(fd, first, first_length);
  return failed ? failed : send_all(fd, rest, rest_length);
}

void stream__send_news(int fd, const struct ebb_frame *frame, const void *body) {
  struct iovec parts[2] = {{(void *)frame, sizeof *frame}, {(void *)body, frame->length}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  (void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}
