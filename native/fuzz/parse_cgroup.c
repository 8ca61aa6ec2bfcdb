/* Fuzzes ebb_parse_cgroup, with a buffer of every size. */
#include "../ebb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  size_t capacity = (size_t)data[size - 1] + 1;
  char *path = malloc(capacity);
  int is_v2;
  if (path && ebb_parse_cgroup((const char *)data, size, path, capacity, &is_v2) == 0 && (path[0] != '/' || strlen(path) >= capacity || is_v2 >> 1)) abort();
  free(path);
  return 0;
}
