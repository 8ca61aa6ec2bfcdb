/* 50,000 mappings are listed whole and in order, and parsing costs little more than the kernel's own time. */
#include "kit.h"

#include <fcntl.h>

#define COUNT 50000
#define PAGE 4096u

static void map_many(const struct ends *ends, void *context) {
  (void)context;
  char *block = mmap(NULL, (size_t)COUNT * 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (size_t i = 0; i < COUNT / 2; i++) mprotect(block + i * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
  say(ends, (uintptr_t)block);
  next_command(ends);
}

static uint64_t read_only_micros(pid_t pid) {
  static char block[65536];
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  uint64_t start = monotonic_micros();
  int fd = open(path, O_RDONLY);
  while (read(fd, block, sizeof block) > 0) continue;
  close(fd);
  return monotonic_micros() - start;
}

int main(void) {
  need_root();
  struct target target = target__start(map_many, NULL);
  uint64_t block = answer(&target), best_list = UINT64_MAX, best_read = UINT64_MAX;
  struct ebb_mapping *mappings = malloc(EBB_MAX_MAPPINGS * sizeof *mappings);
  struct ebb_process *process = open_process(target.pid);
  ssize_t count = 0;
  for (int round = 0; round < 7; round++) {
    uint64_t micros = read_only_micros(target.pid);
    if (micros < best_read) best_read = micros;
    uint64_t start = monotonic_micros();
    count = ebb_process__list(process, mappings, EBB_MAX_MAPPINGS);
    micros = monotonic_micros() - start;
    if (micros < best_list) best_list = micros;
  }
  CHECK(count >= COUNT - 2 && count < COUNT + 1000);
  size_t inside = 0;
  for (ssize_t i = 0; i < count; i++) {
    if (i > 0) CHECK(mappings[i].start >= mappings[i - 1].end);
    inside += mappings[i].start >= block && mappings[i].end <= block + (uint64_t)COUNT * 2 * PAGE;
  }
  CHECK(inside >= COUNT - 1);
  CHECK_EQUAL(ebb_process__list(process, mappings, 10), count);
  printf("%zd mappings: read %llu us, listed %llu us\n", count, (unsigned long long)best_read, (unsigned long long)best_list);
#ifndef __SANITIZE_ADDRESS__
  CHECK(best_list < best_read * 3 / 2 + 1000);
#endif
  free(mappings);
  ebb_process__close(process);
  target__stop(&target);
  return 0;
}
