/*
 * watch.c: arms an alarm around each read of a target's address space. Such a read waits killably when the target's
 * mmap lock is stuck, so the alarm's default action ends this process, and with it every handle of the session.
 */
#include "watch.h"

#include "stream.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define PATIENCE 8             /* times the slowest call of late */
#define MAX_GRACE_MICROS 1000000 /* below what the supervisor grants before it gives up */

static int news_fd;
static uint64_t last_news;
static uint64_t limit_micros;
static uint64_t armed_at;
static uint64_t slowest; /* of late: each call forgets a sixteenth */

uint64_t watch__micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void tell_alive(void) {
  uint64_t now = watch__micros();
  if (now - last_news < WATCH_NEWS_MICROS) return;
  last_news = now;
  struct ebb_frame frame = {.length = sizeof(struct ebb_progress), .type = EBB_FRAME_PROGRESS};
  struct ebb_progress nothing = {0};
  stream__send_news(news_fd, &frame, &nothing);
}

/* On a machine so busy that every call waits for a CPU, slow is not yet stuck. */
static uint64_t limit_now(void) {
  uint64_t wanted = slowest * PATIENCE;
  if (wanted < limit_micros) return limit_micros;
  return wanted < limit_micros + MAX_GRACE_MICROS ? wanted : limit_micros + MAX_GRACE_MICROS;
}

static void set_alarm(uint64_t micros) {
  struct itimerval timer = {.it_value = {.tv_sec = (time_t)(micros / 1000000), .tv_usec = (suseconds_t)(micros % 1000000)}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

static void watch(int armed) {
  if (armed) {
    armed_at = watch__micros();
    set_alarm(limit_now());
    return;
  }
  set_alarm(0);
  uint64_t took = watch__micros() - armed_at, remembered = slowest - slowest / 16;
  slowest = took > remembered ? took : remembered;
  tell_alive();
}

void watch__begin(int fd, uint32_t millis) {
  news_fd = fd;
  limit_micros = (millis ? millis : WATCH_DEFAULT_MILLIS) * 1000ull;
  sigset_t alarm_only;
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  signal(SIGALRM, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
  ebb_watch = watch;
}
