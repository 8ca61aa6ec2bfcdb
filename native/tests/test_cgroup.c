/*
 * The container's cgroup decides: members and members of nested cgroups get a handle, neighbours with a name that begins
 * alike do not, and a process that moves at any step of the sequence is refused before the next pass. All that also from a
 * cgroup namespace of one's own.
 */
#include "kit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

static char mount[64], base[128];
static const char *move_at, *move_to;
static pid_t mover;

static int exists(const char *path) {
  return access(path, F_OK) == 0;
}

/* The hierarchy with the memory controller. */
static void find_mount(void) {
  if (exists("/sys/fs/cgroup/memory/cgroup.procs")) strcpy(mount, "/sys/fs/cgroup/memory");
  else if (exists("/sys/fs/cgroup/cgroup.controllers")) strcpy(mount, "/sys/fs/cgroup");
  else skip("needs a cgroup hierarchy with the memory controller");
}

static void path_of(char path[256], const char *name, const char *file) {
  snprintf(path, 256, "%s%s%s%s", mount, base, name, file);
}

static void make(const char *name) {
  char path[256];
  path_of(path, name, "");
  CHECK(mkdir(path, 0755) == 0);
}

static void drop(const char *name) {
  char path[256];
  path_of(path, name, "");
  for (int i = 0; i < 100 && rmdir(path) < 0 && errno == EBUSY; i++) usleep(10000);
}

static struct target target;

/* Also after a failed check: who is inside would keep its cgroup busy. */
static void drop_all(void) {
  if (target.pid) target__stop(&target);
  static const char *const names[] = {"/a/nested", "/a", "/ab", ""};
  for (size_t i = 0; i < 4; i++) drop(names[i]);
}

static void join(const char *name, pid_t pid) {
  char path[256], text[16];
  path_of(path, name, "/cgroup.procs");
  snprintf(text, sizeof text, "%d", pid);
  int fd = open(path, O_WRONLY);
  CHECK(fd >= 0 && write(fd, text, strlen(text)) > 0);
  close(fd);
}

static struct ebb_begin container(const char *name) {
  struct ebb_begin who = {.rights = EBB_OBSERVE | EBB_ADVISE};
  struct stat stat_;
  char path[256];
  strcpy(who.mount, mount);
  snprintf(who.cgroup, sizeof who.cgroup, "%s%s", base, name);
  path_of(path, name, "");
  CHECK(stat(path, &stat_) == 0);
  who.cgroup_inode = stat_.st_ino;
  return who;
}

static void hold(const struct ends *ends, void *context) {
  (void)context;
  say(ends, (uintptr_t)map_filled(MIB));
  next_command(ends);
}

static void on_step(const char *name) {
  if (!move_at || strcmp(name, move_at) != 0) return;
  move_at = NULL;
  join(move_to, mover);
}

static void test_membership(pid_t pid) {
  struct ebb_begin a = container("/a"), ab = container("/ab"), parent = container(""), wrong = a;
  struct ebb_process *process;
  struct ebb_proof proof;
  struct ebb_target wanted = {.pid = pid};
  join("/a", pid);
  CHECK_EQUAL(ebb_process__open(&a, &wanted, &process, &proof), 0);
  CHECK(proof.proof == EBB_PROOF_CGROUP_LINE || proof.proof == EBB_PROOF_PIDFD_INFO);
  CHECK_EQUAL(proof.cgroup_inode, a.cgroup_inode);
  ebb_process__close(process);
  CHECK_REASON(open_reason(&ab, pid, 0), EBB_NOT_IN_CONTAINER);
  CHECK_REASON(open_reason(&parent, pid, 0), EBB_OK);
  wrong.cgroup_inode++;
  CHECK_REASON(open_reason(&wrong, pid, 0), EBB_NOT_IN_CONTAINER);
  join("/ab", pid);
  CHECK_REASON(open_reason(&a, pid, 0), EBB_NOT_IN_CONTAINER); /* "/a" is no prefix of "/ab" */
  join("/a/nested", pid);
  CHECK_REASON(open_reason(&a, pid, 0), EBB_OK);
}

/* Moved away at a step: no handle, or a handle that the next pass refuses. */
static void test_moves(pid_t pid, uint64_t block) {
  static const char *const steps[] = {"begin", "pidfd opened", "directory opened", "maps opened", "sampled", "cgroup read", "proven", "advise", "prove"};
  struct ebb_begin a = container("/a");
  struct ebb_range range = {block, block + MIB};
  struct ebb_range_result result;
  mover = pid;
  move_to = "/ab";
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    struct ebb_process *process;
    struct ebb_proof proof;
    struct ebb_target wanted = {.pid = pid};
    join("/a", pid);
    move_at = steps[i];
    if (ebb_process__open(&a, &wanted, &process, &proof) == 0) {
      struct ebb_advise_result advised = advise(process, EBB_COLD, &range, 1, &result);
      CHECK_REASON(advised.reason, EBB_NOT_IN_CONTAINER);
      CHECK_EQUAL(advised.calls, 0);
      ebb_process__close(process);
    } else CHECK_REASON(proof.reason, EBB_NOT_IN_CONTAINER);
    CHECK(move_at == NULL);
  }
}

struct view {
  const char *place; /* of the target */
  uint32_t a, ab, parent; /* what each container says of it */
};

/* As in a container on v2: from here the others are "/../a", and who shares our cgroup is "/". */
static void look_from_a_namespace(pid_t pid, const struct view *view) {
  struct ebb_begin a = container("/a"), ab = container("/ab"), parent = container("");
  join("/ab", getpid());
  CHECK(unshare(CLONE_NEWCGROUP) == 0);
  CHECK_REASON(open_reason(&a, pid, 0), view->a);
  CHECK_REASON(open_reason(&ab, pid, 0), view->ab);
  CHECK_REASON(open_reason(&parent, pid, 0), view->parent);
}

/*
 * In children, before anything here looks up where this program's own namespace begins. We move the target from outside:
 * with nsdelegate nobody may move what lies beyond the begin of his namespace.
 */
static void test_namespace(pid_t pid) {
  static const struct view views[] = {{"/a", EBB_OK, EBB_NOT_IN_CONTAINER, EBB_OK},
                                      {"/a/nested", EBB_OK, EBB_NOT_IN_CONTAINER, EBB_OK},
                                      {"/ab", EBB_NOT_IN_CONTAINER, EBB_OK, EBB_OK}};
  for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
    join(views[i].place, pid);
    pid_t child = fork();
    if (child == 0) {
      look_from_a_namespace(pid, &views[i]);
      _exit(0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_EQUAL(status, 0);
  }
}

int main(void) {
  need_root();
  find_mount();
  snprintf(base, sizeof base, "/ebb-test-%d", getpid());
  make("");
  atexit(drop_all);
  make("/a");
  make("/ab");
  make("/a/nested");
  target = target__start(hold, NULL);
  uint64_t block = answer(&target);
  test_namespace(target.pid);
  ebb_test_step = on_step;
  test_membership(target.pid);
  test_moves(target.pid, block);
  return 0;
}
