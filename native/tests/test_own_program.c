/* The pages of our own program: those of its constant segments leave and come back, all others stay as they are. */
#include "kit.h"

#include <fcntl.h>

#define SIZE (1u << 20)
#define FAULT_AROUND 16 /* pages that come with one that is needed */

static const unsigned char table[SIZE] = {[0 ... SIZE - 1] = 7};
static const unsigned char changed[SIZE] = {[0 ... SIZE - 1] = 9};
static unsigned char data[SIZE] = {[0 ... SIZE - 1] = 3};
static const void *const pointers[] = {table, changed, data}; /* relocated by the loader where the program has no fixed place */

/* Volatile: it is read, each time. */
static unsigned sum(const volatile unsigned char *bytes) {
  unsigned sum = 0;
  for (size_t i = 0; i < SIZE; i++) sum += bytes[i];
  return sum;
}

/* Whole pages of it that are there, of pagemap's bit 63. */
static size_t pages_present(const void *memory, size_t size) {
  uint64_t page = page_bytes(), first = ((uintptr_t)memory + page - 1) / page, last = ((uintptr_t)memory + size) / page, entry;
  size_t count = 0;
  int pagemap = open("/proc/self/pagemap", O_RDONLY);
  CHECK(pagemap >= 0);
  for (uint64_t at = first; at < last; at++) {
    CHECK_EQUAL(pread(pagemap, &entry, sizeof entry, (off_t)(at * sizeof entry)), sizeof entry);
    count += entry >> 63;
  }
  close(pagemap);
  return count;
}

static size_t whole_pages(const void *memory) {
  uint64_t page = page_bytes();
  return ((uintptr_t)memory + SIZE) / page - ((uintptr_t)memory + page - 1) / page;
}

static void test_comes_back(void) {
  CHECK_EQUAL(sum(table), 7 * SIZE);
  CHECK_EQUAL(pages_present(table, SIZE), whole_pages(table));
  CHECK(ebb_give_back_own_program() >= (int64_t)(SIZE - page_bytes()));
  CHECK(pages_present(table, SIZE) <= 2 * FAULT_AROUND); /* its neighbours at both ends may be in use */
  CHECK_EQUAL(sum(table), 7 * SIZE);
  const void *const volatile *read = pointers;
  CHECK(read[0] == table && read[1] == changed && read[2] == data);
}

/* Other read-only mappings of files, the same file among them, and what the program may write to. */
static void test_others_stay(void) {
  int fd = open("/proc/self/exe", O_RDONLY);
  char *mapped = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  CHECK(fd >= 0 && mapped != MAP_FAILED);
  for (size_t i = 0; i < SIZE; i++) data[i] = 4;
  size_t before = pages_present(mapped, SIZE);
  CHECK(before > 0);
  CHECK(ebb_give_back_own_program() > 0);
  CHECK_EQUAL(pages_present(mapped, SIZE), before);
  CHECK_EQUAL(pages_present(data, SIZE), whole_pages(data));
  CHECK_EQUAL(sum(data), 4 * SIZE);
  munmap(mapped, SIZE);
  close(fd);
}

/* Someone wrote into a constant segment, as a debugger does: the copy is all there is of it. The page beside it is the file's. */
static void test_copies_stay(void) {
  uint64_t page = page_bytes();
  volatile char *copy = (char *)(((uintptr_t)changed + SIZE / 2) & ~(page - 1)), *beside = copy + page;
  CHECK(mprotect((void *)copy, 2 * page, PROT_READ | PROT_WRITE) == 0);
  copy[5] = 77;
  CHECK(mprotect((void *)copy, 2 * page, PROT_READ) == 0);
  CHECK(ebb_give_back_own_program() >= 0);
  CHECK_EQUAL(copy[5], 77);
  CHECK(madvise((void *)copy, page, MADV_PAGEOUT) == 0); /* into swap, where there is some */
  CHECK_EQUAL(beside[5], 9);
  CHECK(ebb_give_back_own_program() >= 0);
  CHECK_EQUAL(copy[5], 77);
}

int main(void) {
  test_comes_back();
  test_others_stay();
  test_copies_stay();
  return 0;
}
