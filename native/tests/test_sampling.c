/* Many processes and many files in one call; exits seen through pidfds; the layout text and its checksum. */
#include "kit.h"

#include <fcntl.h>
#include <signal.h>

static void wait_for_command(const struct ends *ends, void *context) {
  prctl(PR_SET_NAME, (const char *)context);
  say(ends, 1);
  next_command(ends);
}

static void test_samples(void) {
  char name[] = "a) Z 1 (b";
  struct target target = target__start(wait_for_command, name);
  answer(&target);
  int proc = open("/proc", O_RDONLY | O_DIRECTORY);
  int32_t pids[] = {target.pid, 1 << 22, getpid(), 2, -5, 0};
  struct ebb_sample samples[6];
  CHECK_EQUAL(ebb_sample_processes(proc, pids, 6, samples), 3);
  CHECK(strcmp(samples[0].comm, name) == 0 && samples[0].state != 'Z');
  CHECK_EQUAL(samples[0].parent, getpid());
  CHECK_EQUAL(samples[0].threads, 1);
  CHECK_EQUAL(samples[1].error, ESRCH);
  CHECK_EQUAL(samples[1].pid, 1 << 22);
  CHECK_EQUAL(samples[2].error, 0);
  CHECK(samples[3].flags & EBB_PROCESS_KERNEL_THREAD);
  CHECK(samples[4].error == ESRCH && samples[5].error == ESRCH);
  close(proc);
  target__stop(&target);
}

/* "Groups:" stands before most of what is read. */
static void hold_groups(const struct ends *ends, void *context) {
  static gid_t groups[5000];
  (void)context;
  for (size_t i = 0; i < 5000; i++) groups[i] = 4000000000u - (gid_t)i;
  say(ends, (uint64_t)syscall(SYS_setgroups, 5000, groups));
  next_command(ends);
}

static void test_many_groups(void) {
  struct target target = target__start(hold_groups, NULL);
  CHECK_EQUAL(answer(&target), 0);
  struct ebb_sample sample;
  int proc = open("/proc", O_RDONLY | O_DIRECTORY);
  CHECK_EQUAL(ebb_sample_processes(proc, &target.pid, 1, &sample), 1);
  CHECK(sample.size_bytes > 0 && sample.ns_depth == 1 && sample.ns_pids[0] == target.pid);
  close(proc);
  target__stop(&target);
}

static void test_exits(void) {
  char name[] = "x";
  struct target target = target__start(wait_for_command, name);
  answer(&target);
  int32_t pidfds[2] = {ebb_pidfd_open(target.pid), ebb_pidfd_open(getpid())};
  uint8_t exited[2];
  CHECK(pidfds[0] >= 0 && pidfds[1] >= 0);
  CHECK_EQUAL(ebb_poll_exits(pidfds, 2, exited, 0), 0);
  kill(target.pid, SIGKILL);
  CHECK_EQUAL(ebb_poll_exits(pidfds, 2, exited, 5000), 1);
  CHECK(exited[0] == 1 && exited[1] == 0);
  target__stop(&target);
  CHECK_EQUAL(ebb_pidfd_open(target.pid), -ESRCH);
  close(pidfds[0]);
  close(pidfds[1]);
}

static void test_files(void) {
  char folder[] = "/tmp/ebb-test-XXXXXX", *buffer = malloc(80000);
  struct ebb_file_result results[5];
  CHECK(mkdtemp(folder));
  int dir = open(folder, O_RDONLY | O_DIRECTORY);
  int big = openat(dir, "big", O_CREAT | O_WRONLY, 0600), small = openat(dir, "small", O_CREAT | O_WRONLY, 0600);
  CHECK(ftruncate(big, 70000) == 0 && write(small, "hello", 5) == 5);
  close(big);
  close(small);
  static const char paths[] = "small\0missing\0big\0/proc/self/comm\0small";
  ssize_t used = ebb_read_files(dir, paths, 5, buffer, 80000, results);
  CHECK(used > 10 && results[0].length == 5 && memcmp(buffer, "hello", 5) == 0);
  CHECK_EQUAL(results[1].error, ENOENT);
  CHECK_EQUAL(results[2].error, EOVERFLOW);
  CHECK(results[3].error == 0 && results[3].length > 1 && results[4].length == 5);
  CHECK_EQUAL((ssize_t)(results[4].offset + results[4].length), used);
  used = ebb_read_files(dir, paths, 1, buffer, 3, results);
  CHECK(used == 0 && results[0].error == EOVERFLOW);
  CHECK(ebb_read_files(dir, paths, 1, buffer, 5, results) == 5);
  unlinkat(dir, "big", 0);
  unlinkat(dir, "small", 0);
  close(dir);
  rmdir(folder);
  free(buffer);
}

static void test_words(void) {
  for (uint32_t i = 1; i < EBB_REASONS; i++)
    for (uint32_t j = 1; j < i; j++) CHECK(strcmp(ebb_reason_name(i), ebb_reason_name(j)) != 0);
  CHECK(strstr(ebb_layout(), "struct ebb_ended 16\n") && strlen(ebb_layout()) < 8000);
  CHECK_EQUAL(ebb_abi(), EBB_ABI);
  CHECK(ebb_layout_crc() != 0);
}

int main(void) {
  test_samples();
  test_many_groups();
  test_exits();
  test_files();
  test_words();
  return 0;
}
