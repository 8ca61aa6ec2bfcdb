/* capabilities.c: which of the rights that Ebb needs the calling thread holds. */
#include "internal.h"

#include <linux/capability.h>

uint32_t ebb_capabilities(void) {
  uint32_t effective = 0, held = 0;
  if (sys_capget(&effective) < 0) return 0;
  if (effective & 1u << CAP_SYS_PTRACE) held |= EBB_CAP_SYS_PTRACE;
  if (effective & 1u << CAP_SYS_NICE) held |= EBB_CAP_SYS_NICE;
  if (effective & 1u << CAP_DAC_READ_SEARCH) held |= EBB_CAP_DAC_READ_SEARCH;
  return held;
}
