/* The parsers on hostile and broken text: a comm that looks like fields, newlines, huge numbers, every truncation. */
#include "kit.h"

static const char stat_text[] =
    "77 (x) R 1 (\n) S 5 77 77 0 -1 4194560 1 2 3 4 100 11 13 14 20 0 3 0 4242 52862976 5055 18446744073709551615 1 2 3 0 0 0 0 4096 1256 0 0 0 17 1 2 2 0 0 0 5 6 7 8 9 10 11 0\n";
static const char status_text[] = "Name:\tx\\n) R\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t77\nNgid:\t0\nPid:\t77\nPPid:\t5\nTracerPid:\t9\nUid:\t1\t2\t3\t4\n"
                                  "NSpid:\t77\t12\t1\nVmSize:\t  100 kB\nVmLck:\t 4 kB\nVmPin:\t 8 kB\nRssAnon:\t 16 kB\nRssFile:\t 32 kB\nRssShmem:\t 64 kB\nVmSwap:\t 128 kB\n";

static void test_stat(void) {
  struct ebb_sample sample = {0};
  uint64_t fields[10];
  CHECK_EQUAL(ebb_parse_stat(stat_text, sizeof stat_text - 1, &sample, fields), 0);
  CHECK(strcmp(sample.comm, "x) R 1 (\n") == 0);
  CHECK_EQUAL(sample.pid, 77);
  CHECK_EQUAL(sample.parent, 5);
  CHECK(sample.state == 'S');
  CHECK_EQUAL(sample.cpu_ticks, 111);
  CHECK_EQUAL(sample.threads, 3);
  CHECK_EQUAL(sample.start_ticks, 4242);
  CHECK_EQUAL(sample.flags, EBB_PROCESS_REAL_TIME);
  CHECK_EQUAL(fields[0], 1);
  CHECK_EQUAL(fields[3], 5);
  CHECK_EQUAL(fields[9], 11);
  for (size_t length = 0; length < sizeof stat_text - 5; length++) {
    char *copy = malloc(length ? length : 1); /* so that ASan sees a read past the end */
    memcpy(copy, stat_text, length);
    CHECK_EQUAL(ebb_parse_stat(copy, length, &sample, fields), -EINVAL);
    free(copy);
  }
}

static void test_bad_stat(void) {
  struct ebb_sample sample = {0};
  uint64_t fields[10];
  static const char *const bad[] = {"", "1", "1 (a", "1 a) S 1", "99999999999999999999 (a) S 1", ") 1 (", "1 (a) SS 1 1", "1 () S 184467440737095516160 1", "-1 (a) S 1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_EQUAL(ebb_parse_stat(bad[i], strlen(bad[i]), &sample, fields), -EINVAL);
}

static void test_status(void) {
  struct ebb_sample sample = {0};
  CHECK_EQUAL(ebb_parse_status(status_text, sizeof status_text - 1, &sample), 0);
  CHECK_EQUAL(sample.tracer, 9);
  CHECK_EQUAL(sample.flags, EBB_PROCESS_TRACED);
  CHECK_EQUAL(sample.uid, 2);
  CHECK_EQUAL(sample.ns_depth, 3);
  CHECK_EQUAL(sample.ns_pids[2], 1);
  CHECK_EQUAL(sample.size_bytes, 102400);
  CHECK_EQUAL(sample.locked_bytes, 4096);
  CHECK_EQUAL(sample.pinned_bytes, 8192);
  CHECK_EQUAL(sample.rss_anon_bytes + sample.rss_file_bytes + sample.rss_shmem_bytes, 112 * 1024);
  CHECK_EQUAL(sample.swap_bytes, 131072);
  static const char deep[] = "Tgid:\t1\nNSpid:\t1\t2\t3\t4\t5\t6\t7\t8\t9\t10\n";
  CHECK_EQUAL(ebb_parse_status(deep, sizeof deep - 1, &sample), 0);
  CHECK_EQUAL(sample.ns_depth, 10);
  CHECK_EQUAL(sample.ns_pids[EBB_NS_LEVELS - 1], 10);
  static const char *const bad[] = {"", "Tgid:\n", "Tgid:\tx\n", "Tgid:\t99999999999\n", "Tgid:\t1\nVmSwap:\t999999999999999999999 kB\n", "Tgid:\t1\nUid:\t1\n", "Tgid:\t1\nNSpid:\t1 x\n"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_EQUAL(ebb_parse_status(bad[i], strlen(bad[i]), &sample), -EINVAL);
}

static void expect_mapping(const char *line, uint64_t kind_bits) {
  struct ebb_mapping mapping;
  char *copy = malloc(strlen(line));
  memcpy(copy, line, strlen(line));
  CHECK_EQUAL(ebb_parse_mapping(copy, strlen(line), &mapping), 0);
  if (mapping.kind_bits != kind_bits) fprintf(stderr, "%s: %llx\n", line, (unsigned long long)mapping.kind_bits);
  CHECK_EQUAL(mapping.kind_bits, kind_bits);
  CHECK(mapping.start < mapping.end);
  free(copy);
}

static void test_mappings(void) {
  uint64_t rw = EBB_MAPPING_READ | EBB_MAPPING_WRITE, r = EBB_MAPPING_READ, shared = EBB_MAPPING_IS_SHARED;
  expect_mapping("7ffd7bee6000-7ffd7bf07000 rw-p 00000000 00:00 0                          [stack]", rw | EBB_MAPPING_STACK);
  expect_mapping("00400000-00500000 rw-p 00000000 00:00 0 ", rw | EBB_MAPPING_ANONYMOUS);
  expect_mapping("00400000-00500000 rw-p 00000000 00:00 0", rw | EBB_MAPPING_ANONYMOUS);
  expect_mapping("00400000-00500000 rw-p 00000000 00:00 0   [heap]", rw | EBB_MAPPING_HEAP);
  expect_mapping("00400000-00500000 rw-p 00000000 00:00 0   [anon:] [vdso]]", rw | EBB_MAPPING_ANONYMOUS);
  expect_mapping("00400000-00500000 r--p 00000000 00:00 0   [vvar]", r | EBB_MAPPING_SPECIAL);
  expect_mapping("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]", EBB_MAPPING_EXEC | EBB_MAPPING_SPECIAL);
  expect_mapping("00400000-00500000 rw-s 00000000 00:01 1033    /dev/zero (deleted)", rw | shared | EBB_MAPPING_SHARED);
  expect_mapping("00400000-00500000 rw-p 00000000 00:01 1033    /memfd:a b (deleted)", rw | EBB_MAPPING_SHARED);
  expect_mapping("00400000-00500000 rw-p 00000000 fe:00 1033    /memfd:a b (deleted)", rw | EBB_MAPPING_FILE);
  expect_mapping("00400000-00500000 rw-p 00000000 00:10 1033    /anon_hugepage (deleted)", rw | EBB_MAPPING_HUGETLB);
  expect_mapping("00400000-00500000 rw-p 00000000 fe:00 7       /tmp/[heap]", rw | EBB_MAPPING_FILE);
  expect_mapping("00400000-00500000 rw-p 00000000 fe:00 7       [stack]", rw | EBB_MAPPING_FILE);
  struct ebb_mapping mapping;
  static const char *const bad[] = {"", "x", "1-2", "1-2 ", "2-1 rw-p 0 0:0 0", "1-2 rw-x 0 0:0 0", "1-2 rw-p 0 0:0", "1-2 rw-p 0 00 0", "11112222333344445-2 rw-p 0 0:0 0", "1-2 rw-p 0 0:0 99999999999999999999999", "1-2 rw-p 0 0:0 7x"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_EQUAL(ebb_parse_mapping(bad[i], strlen(bad[i]), &mapping), -EINVAL);
}

static void expect_cgroup(const char *text, const char *wanted, int wanted_v2) {
  char path[64];
  int is_v2 = -1, failed = ebb_parse_cgroup(text, strlen(text), path, sizeof path, &is_v2);
  CHECK((failed == 0) == (wanted != NULL));
  if (wanted) CHECK(strcmp(path, wanted) == 0 && is_v2 == wanted_v2);
}

static void test_cgroups(void) {
  expect_cgroup("0::/a/b\n", "/a/b", 1);
  expect_cgroup("5:cpu,memory:/m\n0::/a\n", "/m", 0);
  expect_cgroup("0::/a\n5:memory:/m\n", "/m", 0);
  expect_cgroup("5:name=memory:/m\n0::/a:b c\n", "/a:b c", 1);
  expect_cgroup("5:hugememory,memoryx:/m\n0::/\n", "/", 1);
  expect_cgroup("5:cpu:/m\n", NULL, 0);
  expect_cgroup("", NULL, 0);
  expect_cgroup("0::\n", NULL, 0);
  expect_cgroup("0:/a\n", NULL, 0);
  expect_cgroup("x::/a\n", NULL, 0);
  expect_cgroup("0::/123456789012345678901234567890123456789012345678901234567890123\n", NULL, 0);
  CHECK(cgroup__contains("/a", "/a") && cgroup__contains("/a", "/a/b") && !cgroup__contains("/a", "/ab") && !cgroup__contains("/a/b", "/a"));
  CHECK(cgroup__contains("/", "/a") && cgroup__contains("/", "/"));
}

static void expect_resolved(const char *root, const char *told, const char *wanted) {
  char path[32];
  strcpy(path, told);
  int failed = cgroup__resolve(root, path, sizeof path);
  CHECK((failed == 0) == (wanted != NULL));
  if (wanted) CHECK(strcmp(path, wanted) == 0);
}

static void test_namespaces(void) {
  expect_resolved("", "/a/b", "/a/b");
  expect_resolved("", "/", "/");
  expect_resolved("", "/..", NULL);
  expect_resolved("/k/a/own", "/", "/k/a/own");
  expect_resolved("/k/a/own", "/x", "/k/a/own/x");
  expect_resolved("/k/a/own", "/..", "/k/a");
  expect_resolved("/k/a/own", "/../worker", "/k/a/worker");
  expect_resolved("/k/a/own", "/../../b/c", "/k/b/c");
  expect_resolved("/k/a/own", "/../../..", "/");
  expect_resolved("/k/a/own", "/../../../s", "/s");
  expect_resolved("/k/a/own", "/../../../..", NULL);
  expect_resolved("/k", "/..a", "/k/..a");
  expect_resolved("/k", "/../..a/..b", "/..a/..b");
  expect_resolved("/0123456789", "/0123456789012345678", "/0123456789/0123456789012345678");
  expect_resolved("/0123456789", "/01234567890123456789", NULL);
}

int main(void) {
  test_stat();
  test_bad_stat();
  test_status();
  test_mappings();
  test_cgroups();
  test_namespaces();
  return 0;
}
