/* cgroups.c: is a process in the container meant, as told by the memory controller's hierarchy. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ASK_CGROUP 4u /* PIDFD_INFO_CGROUPID */
#define ROOTED (sizeof ((struct ebb_begin *)0)->mount + EBB_PATH)

/* From the mount, whatever cgroup namespace we are in. */
static int read_path(const struct ebb_begin *who, int dir, char path[EBB_PATH], int *is_v2) {
  char text[SMALL_TEXT * 2];
  ssize_t length = text__read(dir, "cgroup", text, sizeof text);
  if (length < 0) return (int)length;
  int failed = length == 0 ? -ESRCH : ebb_parse_cgroup(text, (size_t)length, path, EBB_PATH, is_v2);
  return failed ? failed : cgroup__resolve(ebb_cgroup_root(who->mount), path, EBB_PATH);
}

int cgroup__contains(const char *container, const char *path) {
  size_t length = strlen(container);
  if (length > 0 && container[length - 1] == '/') length--;
  return strncmp(path, container, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static int inode_of(const struct ebb_begin *who, const char *path, uint64_t *inode) {
  char rooted[ROOTED];
  int length = snprintf(rooted, sizeof rooted, "%s%s", who->mount, path);
  if (length < 0 || (size_t)length >= sizeof rooted) return -ENAMETOOLONG;
  return sys_fstatat_inode(-1, rooted, inode);
}

static int is_container_there(const struct ebb_begin *who) {
  uint64_t inode;
  if (inode_of(who, who->cgroup, &inode) < 0) return 0;
  return who->cgroup_inode == 0 || who->cgroup_inode == inode;
}

int cgroup__has(const struct ebb_begin *who, int dir) {
  char path[EBB_PATH];
  int is_v2;
  return read_path(who, dir, path, &is_v2) == 0 && cgroup__contains(who->cgroup, path);
}

/* The kernel's own word on the v2 cgroup, where it gives it. 1: agrees, 0: contradicts, -1: says nothing. */
static int ask_pidfd(int pidfd, uint64_t inode) {
  struct pidfd_facts facts = {.mask = ASK_CGROUP};
  if (sys_pidfd_get_info(pidfd, &facts) < 0 || !(facts.mask & ASK_CGROUP)) return -1;
  return facts.cgroup_inode == inode;
}

uint32_t cgroup__check(const struct ebb_process *process, struct ebb_proof *proof) {
  char path[EBB_PATH];
  int is_v2 = 0, failed;
  proof->proof = EBB_PROOF_PIDFD_ONLY;
  if (process->who.cgroup[0] == 0) return EBB_OK;
  proof->proof = EBB_PROOF_NONE;
  if ((failed = read_path(&process->who, process->dir, path, &is_v2)) < 0) return proof->error = -failed, failed == -ESRCH ? EBB_EXITED : EBB_SYSTEM_ERROR;
  if (!cgroup__contains(process->who.cgroup, path) || !is_container_there(&process->who)) return EBB_NOT_IN_CONTAINER;
  if (inode_of(&process->who, path, &proof->cgroup_inode) < 0) return EBB_NOT_IN_CONTAINER;
  int agrees = is_v2 ? ask_pidfd(process->pidfd, proof->cgroup_inode) : -1;
  if (agrees == 0) return EBB_NOT_IN_CONTAINER;
  proof->proof = agrees == 1 ? EBB_PROOF_PIDFD_INFO : EBB_PROOF_CGROUP_LINE;
  return EBB_OK;
}
