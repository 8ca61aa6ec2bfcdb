/* watch.h: the deadline of a session's reads and the signs of life it gives its supervisor. */
#ifndef EBB_WORKER_WATCH_H
#define EBB_WORKER_WATCH_H

#include <stdint.h>

#define WATCH_DEFAULT_MILLIS 200
#define WATCH_NEWS_MICROS 100000 /* a session says something at least this often while it works */

/* From now on each watched call of the library that takes longer ends this process by SIGALRM. */
void watch__begin(int fd, uint32_t millis);
/* Monotonic time. */
uint64_t watch__micros(void);

#endif
