/* stream.h: frames over a stream socket: half-read ones in, half-written ones out. Used by supervisor and sessions. */
#ifndef EBB_WORKER_STREAM_H
#define EBB_WORKER_STREAM_H

#include "../ebb.h"

/* One frame being read. Zero it to begin. */
struct inbox {
  struct ebb_frame frame;
  size_t have; /* bytes of header and body read so far */
  char *body;  /* allocated, frame.length bytes; NULL while there is none */
};

/* Bytes waiting to be written. Zero it to begin. */
struct outbox {
  char *bytes;
  size_t length, sent, capacity;
};

/* 1: a whole frame is there; 0: more must come; -errno: -EPIPE at the end of the stream, -EPROTO when check says so. */
int inbox__read(struct inbox *in, int fd, int (*check)(const struct ebb_frame *));
/* Makes room for the next frame. */
void inbox__clear(struct inbox *in);

int outbox__add(struct outbox *out, const struct ebb_frame *frame, const void *body);
/* Writes what the socket takes now. 0, or -errno when the other end is gone. */
int outbox__flush(struct outbox *out, int fd);
size_t outbox__pending(const struct outbox *out);
void outbox__clear(struct outbox *out);

/* For the child, which has one thing to do at a time: waits until all is written. 0 or -errno. */
int stream__send(int fd, uint32_t type, uint32_t sequence, const void *first, size_t first_length, const void *rest, size_t rest_length);
/* Sends if the socket takes it at once; else drops it: news that will be overtaken anyway. */
void stream__send_news(int fd, const struct ebb_frame *frame, const void *body);

#endif
