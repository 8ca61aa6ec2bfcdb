/* parse_stat.c: /proc/PID/stat. The comm may hold anything, so fields are counted from the last ')'. Pure. */
#include "internal.h"

#include <errno.h>
#include <string.h>

#define KERNEL_THREAD_FLAG 0x00200000u /* PF_KTHREAD */
#define FIRST_FIELD 4                  /* after the state */
#define LAST_FIELD 51
#define FIELDS (LAST_FIELD + 1)

static int read_comm(struct cursor *cursor, struct ebb_sample *out) {
  const char *open = memchr(cursor->at, '(', (size_t)(cursor->end - cursor->at));
  const char *close = memrchr(cursor->at, ')', (size_t)(cursor->end - cursor->at));
  if (!open || !close || close < open) return -EINVAL;
  size_t length = (size_t)(close - open - 1);
  if (length >= EBB_COMM) length = EBB_COMM - 1;
  memset(out->comm, 0, sizeof out->comm);
  memcpy(out->comm, open + 1, length);
  cursor->at = close + 1;
  return 0;
}

static int read_state(struct cursor *cursor, struct ebb_sample *out) {
  if (cursor->end - cursor->at < 3 || cursor->at[0] != ' ' || cursor->at[2] != ' ') return -EINVAL;
  out->state = cursor->at[1];
  cursor->at += 2;
  return 0;
}

/* Negative fields (tty, priorities) wrap; none of those is used but as a bit pattern. */
static int read_field(struct cursor *cursor, uint64_t *field) {
  if (cursor->at >= cursor->end || *cursor->at != ' ') return -EINVAL;
  cursor->at++;
  if (cursor->at >= cursor->end || *cursor->at != '-') return text__unsigned(cursor, field);
  int64_t negative;
  if (text__signed(cursor, &negative)) return -EINVAL;
  *field = (uint64_t)negative;
  return 0;
}

static int is_real_time(uint64_t policy) {
  return policy == 1 || policy == 2 || policy == 6; /* FIFO, RR, DEADLINE */
}

static uint32_t flags_of(const uint64_t field[FIELDS], char state) {
  uint32_t flags = 0;
  if (field[9] & KERNEL_THREAD_FLAG) flags |= EBB_PROCESS_KERNEL_THREAD;
  if (state == 'Z' || state == 'X') flags |= EBB_PROCESS_ZOMBIE;
  if ((flags & EBB_PROCESS_ZOMBIE) && field[20] > 1) flags |= EBB_PROCESS_LEADER_EXITED;
  if (is_real_time(field[41])) flags |= EBB_PROCESS_REAL_TIME;
  return flags;
}

int ebb_parse_stat(const char *text, size_t length, struct ebb_sample *out, uint64_t exec_fields[10]) {
  struct cursor cursor = {text, text + length};
  uint64_t pid, field[FIELDS] = {0};
  if (text__unsigned(&cursor, &pid) || pid > INT32_MAX) return -EINVAL;
  if (read_comm(&cursor, out) || read_state(&cursor, out)) return -EINVAL;
  for (size_t i = FIRST_FIELD; i <= LAST_FIELD; i++)
    if (read_field(&cursor, &field[i])) return -EINVAL;
  if (field[4] > INT32_MAX || field[20] > UINT32_MAX) return -EINVAL;
  out->pid = (int32_t)pid;
  out->parent = (int32_t)field[4];
  out->threads = (uint32_t)field[20];
  out->cpu_ticks = field[14] + field[15];
  out->start_ticks = field[22];
  out->flags |= flags_of(field, out->state);
  memcpy(exec_fields, &field[26], 3 * sizeof *exec_fields);
  memcpy(exec_fields + 3, &field[45], 7 * sizeof *exec_fields);
  return 0;
}
