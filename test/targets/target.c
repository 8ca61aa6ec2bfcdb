/*
 * target [--pidns N] [--uid N] [--listen NAME] [-c COMMAND]... : see target.h.
 * --pidns N nests it N PID namespaces deeper. -c runs a command before serving. --listen serves an abstract unix socket
 * of that name instead of standard input (in a container that shares the host's network namespace), for ever.
 * Ends with its parent, on SIGTERM to the process that was started, or when standard input ends. That first process only
 * watches: it reaps what the target leaves, so that no zombie stays where PID 1 does not reap.
 */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS 16

int serve_in = 0, serve_out = 1;

uint64_t now_micros(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

int say(struct command *c, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(c->answer, sizeof c->answer, format, list);
  va_end(list);
  return 0;
}

int refuse(struct command *c, const char *what) {
  int error = errno;
  snprintf(c->answer, sizeof c->answer, "%s: %s", what, strerror(error));
  return -error;
}

static uint64_t parse_size(const char *text) {
  char *end;
  uint64_t value = strtoull(text, &end, 0);
  if (*end == 'K') value <<= 10;
  if (*end == 'M') value <<= 20;
  if (*end == 'G') value <<= 30;
  return value;
}

uint64_t size_argument(const struct command *c, int index, uint64_t otherwise) {
  return index < c->argc ? parse_size(c->argv[index]) : otherwise;
}

const char *text_argument(const struct command *c, int index, const char *otherwise) {
  return index < c->argc ? c->argv[index] : otherwise;
}

static command_fn find(const char *name) {
  const struct entry *tables[] = {region_commands, thread_commands, process_commands};
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (const struct entry *e = tables[t]; e->name; e++)
      if (strcmp(e->name, name) == 0) return e->run;
  return NULL;
}

static void answer(const char *line) {
  size_t length = strlen(line);
  while (length > 0) {
    ssize_t wrote = write(serve_out, line, length);
    if (wrote < 0 && errno != EINTR) return;
    if (wrote > 0) line += wrote, length -= (size_t)wrote;
  }
}

static void run_line(char *line) {
  char *words[WORDS + 1] = {0}, *rest = line, reply[1200];
  struct command c = {.argv = words};
  while (c.argc < WORDS && (words[c.argc] = strtok_r(NULL, " \r\n", &rest))) c.argc++;
  if (c.argc == 0) return;
  command_fn run = find(words[0]);
  int result = run ? run(&c) : (say(&c, "no such command: %s", words[0]), -ENOSYS);
  if (result == 0) snprintf(reply, sizeof reply, "ok %s\n", c.answer);
  else snprintf(reply, sizeof reply, "error %d %s\n", -result, c.answer);
  answer(reply);
}

void serve(int in, int out) {
  static char buffer[65536];
  size_t used = 0;
  serve_in = in, serve_out = out;
  for (;;) {
    ssize_t got = read(in, buffer + used, sizeof buffer - 1 - used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    used += (size_t)got, buffer[used] = 0;
    for (char *newline; (newline = strchr(buffer, '\n'));) {
      *newline = 0;
      run_line(buffer);
      used -= (size_t)(newline + 1 - buffer);
      memmove(buffer, newline + 1, used + 1);
    }
  }
}

static void die(const char *what) {
  fprintf(stderr, "target: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void kill_children(void) {
  char list[4096] = {0};
  int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) die("children");
  (void)!read(fd, list, sizeof list - 1);
  close(fd);
  for (char *rest = list, *word; (word = strtok_r(NULL, " ", &rest));) kill(atoi(word), SIGKILL);
}

/* Forks the target and stays behind until it and all it left are gone, then ends as it did. */
static void watch(void) {
  sigset_t signals, before;
  int status = 0, target_status = 0;
  sigemptyset(&signals), sigaddset(&signals, SIGTERM), sigaddset(&signals, SIGCHLD);
  sigprocmask(SIG_BLOCK, &signals, &before);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  pid_t target = fork(), gone;
  if (target < 0) die("fork");
  if (target == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return;
  }
  close(0), close(1);
  for (;;) {
    if (sigwaitinfo(&signals, NULL) == SIGTERM && target) kill(target, SIGKILL);
    while ((gone = waitpid(-1, &status, WNOHANG)) > 0)
      if (gone == target) target = 0, target_status = status;
    if (gone < 0) break;
    if (!target) kill_children();
  }
  _exit(WIFEXITED(target_status) ? WEXITSTATUS(target_status) : 128 + WTERMSIG(target_status));
}

/* One PID namespace deeper: the outer process waits for the inner and ends as it did. */
static void nest(void) {
  if (unshare(CLONE_NEWPID)) die("unshare(CLONE_NEWPID)");
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return;
  }
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* The PID here, and the PID in the namespace that /proc was mounted in. */
static void ready(void) {
  char line[128], outer[32] = "0";
  ssize_t length = readlink("/proc/self", outer, sizeof outer - 1);
  if (length > 0) outer[length] = 0;
  snprintf(line, sizeof line, "ready %d %s\n", getpid(), outer);
  answer(line);
}

static void listen_for_ever(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length > sizeof address.sun_path - 1) length = sizeof address.sun_path - 1;
  memcpy(address.sun_path + 1, name, length);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) die("socket");
  if (bind(listener, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length))) die("bind");
  if (listen(listener, 8)) die("listen");
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve_out = connection;
    ready();
    serve(connection, connection);
    close(connection);
  }
}

static void become(uid_t uid) {
  if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) die("setresuid");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 1); /* as if that user had started it */
}

int main(int argc, char **argv) {
  const char *name = NULL;
  int again = strcmp(argv[0], "target-again") == 0; /* by the command exec: watched already */
  signal(SIGPIPE, SIG_IGN);
  if (getpid() != 1 && !again) watch(); /* in a container it is PID 1 itself */
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--pidns") == 0)
      for (int depth = atoi(argv[i + 1]); depth > 0; depth--) nest();
    if (strcmp(argv[i], "--uid") == 0) become((uid_t)atoi(argv[i + 1]));
    if (strcmp(argv[i], "--listen") == 0) name = argv[i + 1];
    if (strcmp(argv[i], "-c") == 0) run_line(argv[i + 1]);
  }
  if (name) listen_for_ever(name);
  ready();
  serve(0, 1);
  return 0;
}
