/* entries.c: what a folder holds, without the C library's streams. getdents64(2). */
#include "internal.h"

#define ENTRIES_BYTES 8192

struct entry { /* linux_dirent64 */
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

int entries__each(int dir, visit_entry visit, void *context) {
  _Alignas(struct entry) char block[ENTRIES_BYTES];
  for (;;) {
    ssize_t length = sys_getdents64(dir, block, sizeof block);
    if (length <= 0) return (int)length;
    for (ssize_t at = 0; at < length;) {
      const struct entry *entry = (const struct entry *)(block + at);
      int stopped = visit(context, dir, entry->name, entry->type);
      if (stopped) return stopped;
      at += entry->length;
    }
  }
}
