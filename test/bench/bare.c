/*
 * The baseline that Ebb is measured against: the same work in plain C with nothing around it.
 *   bare pageout PID [CHUNK]   process_madvise(MADV_PAGEOUT) over every writable private anonymous mapping, one call per
 *                              mapping, or CHUNK bytes a call
 *   bare plan PID ROUNDS       reads and parses /proc/PID/maps and collects the same ranges; the fastest round counts
 * Prints one JSON line: {"bytes":..,"ranges":..,"micros":..,"longestMicros":..}
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct range {
  uint64_t start, end;
};

static struct range *ranges;
static size_t count, capacity;
static char buffer[1 << 20];

static uint64_t micros(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t hex(const char **p) {
  uint64_t v = 0;
  for (;; (*p)++) {
    char c = **p;
    if (c >= '0' && c <= '9') v = v << 4 | (uint64_t)(c - '0');
    else if (c >= 'a' && c <= 'f') v = v << 4 | (uint64_t)(c - 'a' + 10);
    else return v;
  }
}

/* "start-end rwxp offset major:minor inode   name" */
static void line(const char *p, const char *end) {
  struct range r;
  r.start = hex(&p), p++, r.end = hex(&p), p++;
  if (p[3] != 'p') return;
  p += 5;
  for (int spaces = 0; p < end && spaces < 2; p++) spaces += *p == ' ';
  if (p >= end || *p != '0' || (p + 1 < end && p[1] != ' ')) return;
  for (p++; p < end && *p == ' ';) p++;
  if (p < end && *p == '[' && (end - p < 5 || (memcmp(p, "[hea", 4) && memcmp(p, "[sta", 4) && memcmp(p, "[ano", 4)))) return;
  if (count == capacity) ranges = realloc(ranges, sizeof *ranges * (capacity = capacity ? capacity * 2 : 1024));
  ranges[count++] = r;
}

static void plan(int maps) {
  size_t held = 0;
  ssize_t n;
  count = 0;
  lseek(maps, 0, SEEK_SET);
  while ((n = read(maps, buffer + held, sizeof buffer - held)) > 0) {
    held += (size_t)n;
    char *from = buffer, *newline;
    while ((newline = memchr(from, '\n', held - (size_t)(from - buffer)))) line(from, newline), from = newline + 1;
    held -= (size_t)(from - buffer);
    memmove(buffer, from, held);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/maps", argv[2]);
  int maps = open(path, O_RDONLY | O_CLOEXEC);
  if (maps < 0) return perror(path), 1;
  uint64_t bytes = 0, best = UINT64_MAX, longest = 0;
  if (!strcmp(argv[1], "plan")) {
    for (int round = argc > 3 ? atoi(argv[3]) : 1; round > 0; round--) {
      uint64_t from = micros();
      plan(maps);
      uint64_t took = micros() - from;
      if (took < best) best = took;
    }
    for (size_t i = 0; i < count; i++) bytes += ranges[i].end - ranges[i].start;
  } else {
    int pidfd = (int)syscall(SYS_pidfd_open, atoi(argv[2]), 0);
    if (pidfd < 0) return perror("pidfd_open"), 1;
    uint64_t chunk = argc > 3 ? strtoull(argv[3], NULL, 0) : UINT64_MAX, from = micros();
    plan(maps);
    for (size_t i = 0; i < count; i++)
      for (uint64_t at = ranges[i].start; at < ranges[i].end;) {
        uint64_t left = ranges[i].end - at, step = left < chunk ? left : chunk;
        struct iovec v = {(void *)(uintptr_t)at, step};
        uint64_t began = micros();
        ssize_t done = syscall(SYS_process_madvise, pidfd, &v, 1UL, MADV_PAGEOUT, 0U);
        uint64_t took = micros() - began;
        if (took > longest) longest = took;
        if (done > 0) bytes += (uint64_t)done;
        at += step;
      }
    best = micros() - from;
  }
  printf("{\"bytes\":%llu,\"ranges\":%zu,\"micros\":%llu,\"longestMicros\":%llu}\n", (unsigned long long)bytes, count,
         (unsigned long long)best, (unsigned long long)longest);
  return 0;
}
