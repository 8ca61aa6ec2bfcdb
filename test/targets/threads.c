/* Commands that do something at the same time: fault in a loop, beat, change the address space, burn CPU, get stuck. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a looping thread measures; one of each kind at a time. */
struct loop {
  pthread_t thread;
  atomic_int running;
  _Atomic uint64_t longest_micros, rounds, over_limit;
  uint64_t limit_micros; /* rounds longer than this are counted */
  uint64_t interval_micros;
  size_t length;
  char *start;
};

static struct loop mapper, beat, churn, spin;

static int start_loop(struct command *c, struct loop *loop, void *(*body)(void *)) {
  if (atomic_load(&loop->running)) return errno = EBUSY, refuse(c, "already running");
  atomic_store(&loop->longest_micros, 0), atomic_store(&loop->rounds, 0), atomic_store(&loop->over_limit, 0);
  atomic_store(&loop->running, 1);
  errno = pthread_create(&loop->thread, NULL, body, loop);
  return errno ? refuse(c, "pthread_create") : 0;
}

/* Answers: longest round in microseconds, rounds, rounds over the limit. */
static int report(struct command *c, struct loop *loop) {
  return say(c, "%lu %lu %lu", atomic_load(&loop->longest_micros), atomic_load(&loop->rounds), atomic_load(&loop->over_limit));
}

static int stop_loop(struct command *c, struct loop *loop) {
  if (!atomic_exchange(&loop->running, 0)) return errno = ESRCH, refuse(c, "not running");
  pthread_join(loop->thread, NULL);
  return report(c, loop);
}

static void measure(struct loop *loop, uint64_t micros) {
  atomic_fetch_add(&loop->rounds, 1);
  if (micros > atomic_load(&loop->longest_micros)) atomic_store(&loop->longest_micros, micros);
  if (micros > loop->limit_micros) atomic_fetch_add(&loop->over_limit, 1);
}

static void *mapper_body(void *argument) {
  struct loop *loop = argument;
  while (atomic_load(&loop->running)) {
    uint64_t begun = now_micros();
    char *page = mmap(NULL, loop->length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) break;
    *page = 1;
    munmap(page, loop->length);
    measure(loop, now_micros() - begun);
    if (loop->interval_micros) usleep((useconds_t)loop->interval_micros);
  }
  return NULL;
}

/* mapper [LIMIT_MICROS [INTERVAL_MICROS]]: maps, faults and unmaps in a loop and keeps the longest stall. */
static int run_mapper(struct command *c) {
  mapper.limit_micros = size_argument(c, 1, 2000), mapper.interval_micros = size_argument(c, 2, 100), mapper.length = PAGE;
  return start_loop(c, &mapper, mapper_body);
}

static int run_mapper_stop(struct command *c) { return stop_loop(c, &mapper); }

/* mapper-reset: answers as mapper-stop and begins to measure anew. */
static int run_mapper_reset(struct command *c) {
  int result = report(c, &mapper);
  atomic_store(&mapper.longest_micros, 0), atomic_store(&mapper.rounds, 0), atomic_store(&mapper.over_limit, 0);
  return result;
}

static void *beat_body(void *argument) {
  struct loop *loop = argument;
  while (atomic_load(&loop->running)) {
    uint64_t begun = now_micros();
    for (size_t at = 0; at < loop->length; at += PAGE) (void)*(volatile char *)(loop->start + at);
    measure(loop, now_micros() - begun);
    usleep((useconds_t)loop->interval_micros);
  }
  return NULL;
}

/* heartbeat ID OFFSET LENGTH MILLIS: reads that part every so often, as a health check does. */
static int run_heartbeat(struct command *c) {
  int result = part(c, &beat.start, &beat.length);
  if (result) return result;
  beat.interval_micros = size_argument(c, 4, 100) * 1000, beat.limit_micros = beat.interval_micros;
  return start_loop(c, &beat, beat_body);
}

static int run_heartbeat_stop(struct command *c) { return stop_loop(c, &beat); }

/* Unmaps, maps and protects single pages of the region, so that no reading of maps stays true. */
static void *churn_body(void *argument) {
  struct loop *loop = argument;
  unsigned random = 1;
  while (atomic_load(&loop->running)) {
    char *page = loop->start + (random = random * 1103515245 + 12345) / 65536 % (loop->length / PAGE) * PAGE;
    uint64_t begun = now_micros();
    if (random & 1) munmap(page, PAGE);
    else if (mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) *page = 1;
    measure(loop, now_micros() - begun);
  }
  return NULL;
}

static int run_churn(struct command *c) {
  int result = part(c, &churn.start, &churn.length);
  return result ? result : start_loop(c, &churn, churn_body);
}

static int run_churn_stop(struct command *c) { return stop_loop(c, &churn); }

static void *spin_body(void *argument) {
  struct loop *loop = argument;
  while (atomic_load(&loop->running)) atomic_fetch_add(&loop->rounds, 1);
  return NULL;
}

/* spin: burns one CPU until spin-stop. */
static int run_spin(struct command *c) { return start_loop(c, &spin, spin_body); }
static int run_spin_stop(struct command *c) { return stop_loop(c, &spin); }

static void *sleep_body(void *argument) {
  for (;;) pause();
  return argument;
}

/* thread [realtime]: a thread that sleeps; answers its TID. */
static int run_thread(struct command *c) {
  pthread_t thread;
  struct sched_param priority = {.sched_priority = 1};
  if ((errno = pthread_create(&thread, NULL, sleep_body, NULL))) return refuse(c, "pthread_create");
  if (strcmp(text_argument(c, 1, ""), "realtime") == 0 && (errno = pthread_setschedparam(thread, SCHED_FIFO, &priority)))
    return refuse(c, "pthread_setschedparam");
  return 0;
}

static char *stuck_page;
static atomic_int is_faulting;

static void *fault_body(void *argument) {
  (void)argument;
  atomic_store(&is_faulting, 1);
  *stuck_page = 1; /* hangs while the file system is frozen, holding mmap_lock for reading */
  return NULL;
}

static void *protect_body(void *argument) {
  (void)argument;
  while (!atomic_load(&is_faulting)) usleep(1000);
  usleep(200000);
  mprotect(stuck_page + PAGE, PAGE, PROT_READ); /* waits for the write lock: from here on nobody else gets it */
  return NULL;
}

/* stick PATH: write-faults a page of PATH and calls mprotect. If that is frozen, mmap_lock stays held: docs/kernel.md, Traps. */
static int run_stick(struct command *c) {
  pthread_t threads[2];
  int fd = open(text_argument(c, 1, ""), O_RDWR | O_CLOEXEC);
  if (fd < 0) return refuse(c, "open");
  stuck_page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (stuck_page == MAP_FAILED) return refuse(c, "mmap");
  close(fd);
  /* The one that hangs comes last: before Linux 6.4 nobody could map a stack for another one after it. */
  if ((errno = pthread_create(&threads[0], NULL, protect_body, NULL)) || (errno = pthread_create(&threads[1], NULL, fault_body, NULL)))
    return refuse(c, "pthread_create");
  return 0;
}

const struct entry thread_commands[] = {
    {"mapper", run_mapper},       {"mapper-stop", run_mapper_stop}, {"mapper-reset", run_mapper_reset},
    {"heartbeat", run_heartbeat}, {"heartbeat-stop", run_heartbeat_stop},
    {"churn", run_churn},         {"churn-stop", run_churn_stop},   {"spin", run_spin},
    {"spin-stop", run_spin_stop}, {"thread", run_thread},           {"stick", run_stick},
    {NULL, NULL},
};
