/* Fuzzes ebb_parse_stat: whatever the text, it stays inside it and fills plain values. */
#include "../ebb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct ebb_sample sample = {0};
  uint64_t fields[10];
  if (ebb_parse_stat((const char *)data, size, &sample, fields) < 0) return 0;
  if (sample.pid < 0 || sample.parent < 0 || !memchr(sample.comm, 0, EBB_COMM)) abort();
  return 0;
}
