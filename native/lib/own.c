/*
 * own.c: whether a process is part of Ebb: a worker or one of its children, known by the program that they run, or the agent
 * that has started one. Asked by the worker, whose program no other process runs.
 */
#include "internal.h"

#include <string.h>

struct program {
  uint64_t device, inode;
};

static int program_of(int dir, const char *link, struct program *out) {
  return sys_fstatat_file(dir, link, &out->device, &out->inode);
}

static int runs(int dir, const char *link, const struct program *program) {
  struct program other;
  return program_of(dir, link, &other) == 0 && other.device == program->device && other.inode == program->inode;
}

static int child_runs(uint64_t pid, const struct program *program) {
  char path[40] = "/proc/";
  text__write_number(pid, path + 6);
  return runs(-1, strcat(path, "/exe"), program);
}

/* proc_tid_children(5), of the thread that starts programs. Who has more children than fit is no agent. */
static int has_child_that_runs(const struct ebb_process *process, const struct program *program) {
  char path[40] = "task/", text[SMALL_TEXT];
  text__write_number((uint64_t)process->pid, path + 5);
  ssize_t length = text__read(process->dir, strcat(path, "/children"), text, sizeof text);
  struct cursor rest = {text, text + (length > 0 ? length : 0)};
  for (uint64_t child; text__unsigned(&rest, &child) == 0; text__skip_blanks(&rest))
    if (child_runs(child, program)) return 1;
  return 0;
}

int ebb_process__is_own(const struct ebb_process *process) {
  struct program own;
  if (program_of(-1, "/proc/self/exe", &own) < 0) return 0;
  return runs(process->dir, "exe", &own) || has_child_that_runs(process, &own);
}
