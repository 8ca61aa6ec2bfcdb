/*
 * layout.c: the layouts of ebb.h as text, made from the compiler's own offsets, so that another language can hold its
 * own against them at load. Padding that nobody wrote out does not compile.
 */
#include "internal.h"

#include <stdio.h>

struct field {
  const char *name; /* "ebb_x" for a struct, "ebb_x.y" for a field */
  uint32_t offset, size;
};

#define SIZE(type, name) sizeof(((struct type *)0)->name)
#define S(type) {#type, 0, sizeof(struct type)},
#define F(type, name) {#type "." #name, offsetof(struct type, name), SIZE(type, name)},

/* clang-format off */
static const struct field fields[] = {
  S(ebb_sample) F(ebb_sample, pid) F(ebb_sample, parent) F(ebb_sample, ns_pids) F(ebb_sample, ns_depth) F(ebb_sample, uid)
  F(ebb_sample, threads) F(ebb_sample, flags) F(ebb_sample, start_ticks) F(ebb_sample, cpu_ticks) F(ebb_sample, rss_anon_bytes)
  F(ebb_sample, rss_file_bytes) F(ebb_sample, rss_shmem_bytes) F(ebb_sample, swap_bytes) F(ebb_sample, locked_bytes)
  F(ebb_sample, pinned_bytes) F(ebb_sample, size_bytes) F(ebb_sample, tracer) F(ebb_sample, error) F(ebb_sample, comm)
  F(ebb_sample, state) F(ebb_sample, reserved)
  S(ebb_file_result) F(ebb_file_result, offset) F(ebb_file_result, length) F(ebb_file_result, error) F(ebb_file_result, reserved)
  S(ebb_target) F(ebb_target, pid) F(ebb_target, reserved) F(ebb_target, start_ticks)
  S(ebb_proof) F(ebb_proof, pid) F(ebb_proof, reason) F(ebb_proof, error) F(ebb_proof, handle) F(ebb_proof, proof)
  F(ebb_proof, shared_with) F(ebb_proof, pidfd_inode) F(ebb_proof, cgroup_inode) F(ebb_proof, exec_key) F(ebb_proof, sample)
  S(ebb_mapping) F(ebb_mapping, start) F(ebb_mapping, end) F(ebb_mapping, kind_bits)
  S(ebb_range) F(ebb_range, start) F(ebb_range, end)
  S(ebb_counts) F(ebb_counts, present_bytes) F(ebb_counts, swapped_bytes)
  S(ebb_run) F(ebb_run, start) F(ebb_run, end) F(ebb_run, category)
  S(ebb_advise_limits) F(ebb_advise_limits, advice) F(ebb_advise_limits, max_stall_micros) F(ebb_advise_limits, bytes_per_second)
  F(ebb_advise_limits, deadline_micros) F(ebb_advise_limits, first_chunk_bytes)
  S(ebb_range_result) F(ebb_range_result, advised_bytes) F(ebb_range_result, reason) F(ebb_range_result, error)
  S(ebb_advise_result) F(ebb_advise_result, advised_bytes) F(ebb_advise_result, calls) F(ebb_advise_result, call_micros)
  F(ebb_advise_result, longest_micros) F(ebb_advise_result, wall_micros) F(ebb_advise_result, chunk_bytes)
  F(ebb_advise_result, ranges_done) F(ebb_advise_result, reason) F(ebb_advise_result, error) F(ebb_advise_result, reserved)
  S(ebb_frame) F(ebb_frame, length) F(ebb_frame, type) F(ebb_frame, session) F(ebb_frame, sequence)
  S(ebb_hello) F(ebb_hello, abi) F(ebb_hello, layout) F(ebb_hello, capabilities) F(ebb_hello, features) F(ebb_hello, pid) F(ebb_hello, reserved)
  S(ebb_begin) F(ebb_begin, rights) F(ebb_begin, watch_millis) F(ebb_begin, cgroup_inode) F(ebb_begin, mount) F(ebb_begin, cgroup)
  S(ebb_handle) F(ebb_handle, handle) F(ebb_handle, reserved)
  S(ebb_scan) F(ebb_scan, handle) F(ebb_scan, flags) F(ebb_scan, category) F(ebb_scan, reserved)
  S(ebb_probe) F(ebb_probe, advice) F(ebb_probe, error) F(ebb_probe, name)
  S(ebb_reclaim) F(ebb_reclaim, bytes) F(ebb_reclaim, cgroup_inode) F(ebb_reclaim, mount) F(ebb_reclaim, cgroup)
  S(ebb_reclaimed) F(ebb_reclaimed, reason) F(ebb_reclaimed, error) F(ebb_reclaimed, usage_before_bytes) F(ebb_reclaimed, usage_after_bytes)
  S(ebb_progress) F(ebb_progress, advised_bytes) F(ebb_progress, calls)
  S(ebb_refused) F(ebb_refused, reason) F(ebb_refused, error)
  S(ebb_ended) F(ebb_ended, reason) F(ebb_ended, abandoned) F(ebb_ended, stuck) F(ebb_ended, status)
};
/* clang-format on */

/* The end of the last field is the end of the struct: with multiples of 8 in size, no padding hides at the end. */
#define ENDS_WITH(type, last) \
  _Static_assert(offsetof(struct type, last) + SIZE(type, last) == sizeof(struct type) && sizeof(struct type) % 8 == 0, #type)
ENDS_WITH(ebb_sample, reserved);
ENDS_WITH(ebb_file_result, reserved);
ENDS_WITH(ebb_target, start_ticks);
ENDS_WITH(ebb_proof, sample);
ENDS_WITH(ebb_mapping, kind_bits);
ENDS_WITH(ebb_counts, swapped_bytes);
ENDS_WITH(ebb_run, category);
ENDS_WITH(ebb_advise_limits, first_chunk_bytes);
ENDS_WITH(ebb_range_result, error);
ENDS_WITH(ebb_advise_result, reserved);
ENDS_WITH(ebb_frame, sequence);
ENDS_WITH(ebb_hello, reserved);
ENDS_WITH(ebb_begin, cgroup);
ENDS_WITH(ebb_scan, reserved);
ENDS_WITH(ebb_probe, name);
ENDS_WITH(ebb_reclaim, cgroup);
ENDS_WITH(ebb_reclaimed, usage_after_bytes);
ENDS_WITH(ebb_progress, calls);
ENDS_WITH(ebb_ended, status);
_Static_assert(sizeof(struct ebb_sample) == 160 && offsetof(struct ebb_sample, start_ticks) == 56, "ebb_sample");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian");

static char text[8192];

__attribute__((constructor)) static void write_layout(void) {
  size_t used = 0;
  for (size_t i = 0; i < sizeof fields / sizeof *fields && used < sizeof text; i++) {
    const struct field *field = &fields[i];
    int is_struct = __builtin_strchr(field->name, '.') == NULL;
    int length = is_struct ? snprintf(text + used, sizeof text - used, "struct %s %u\n", field->name, field->size)
                           : snprintf(text + used, sizeof text - used, "%s %u %u\n", field->name, field->offset, field->size);
    used += (size_t)length;
  }
}

const char *ebb_layout(void) {
  return text;
}

/* CRC-32 of IEEE 802.3, as zlib's. */
uint32_t ebb_layout_crc(void) {
  uint32_t crc = ~0u;
  for (const char *at = text; *at; at++) {
    crc ^= (unsigned char)*at;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
  }
  return ~crc;
}

uint32_t ebb_abi(void) {
  return EBB_ABI;
}
