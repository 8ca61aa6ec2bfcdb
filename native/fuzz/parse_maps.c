/* Fuzzes ebb_parse_mapping, line by line as the listing does. */
#include "../ebb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const char *line, size_t length) {
  struct ebb_mapping mapping;
  if (ebb_parse_mapping(line, length, &mapping) < 0) return;
  uint64_t kind = mapping.kind_bits & 0xff;
  if (mapping.start >= mapping.end || kind < EBB_MAPPING_ANONYMOUS || kind > EBB_MAPPING_HUGETLB) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *at = (const char *)data, *end = at + size;
  while (at < end) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    parse(at, (size_t)((newline ? newline : end) - at));
    at = newline ? newline + 1 : end;
  }
  return 0;
}
