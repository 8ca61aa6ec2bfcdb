/* exits.c: which of many processes are gone. Needs no right. */
#include "internal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#define BATCH 512

int ebb_pidfd_open(int32_t pid) {
  return sys_pidfd_open(pid);
}

static int poll_batch(const int32_t *pidfds, size_t count, uint8_t *exited, int timeout_millis) {
  struct pollfd polled[BATCH];
  for (size_t i = 0; i < count; i++) polled[i] = (struct pollfd){.fd = pidfds[i], .events = POLLIN};
  int ready = poll(polled, (nfds_t)count, timeout_millis);
  if (ready < 0) return -errno;
  for (size_t i = 0; i < count; i++) exited[i] = polled[i].revents != 0;
  return ready;
}

/* Beyond one batch there is no waiting for all at once: only the last batch waits. */
int ebb_poll_exits(const int32_t *pidfds, size_t count, uint8_t *exited, int timeout_millis) {
  int total = 0;
  memset(exited, 0, count);
  for (size_t done = 0; done < count; done += BATCH) {
    size_t batch = count - done < BATCH ? count - done : BATCH;
    int is_last = done + batch == count;
    int ready = poll_batch(pidfds + done, batch, exited + done, is_last && total == 0 ? timeout_millis : 0);
    if (ready < 0) return ready;
    total += ready;
  }
  return total;
}
