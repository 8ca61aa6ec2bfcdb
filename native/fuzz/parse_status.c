/* Fuzzes ebb_parse_status: whatever the text, it stays inside it and fills plain values. */
#include "../ebb.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ebb_sample sample = {0};
  if (ebb_parse_status((const char *)data, size, &sample) < 0) return 0;
  if (sample.tracer < 0 || (sample.ns_depth > 0 && sample.ns_pids[0] < 0) || sample.size_bytes % 1024) abort();
  return 0;
}
