/*
 * main.c: ebb-worker, the smallest program that can hold SYS_PTRACE and SYS_NICE. Reads its arguments, gives up all
 * else that it could do, and serves one agent. Knows nothing of policies.
 */
#include "confine.h"
#include "listen.h"
#include "reclaim.h"
#include "seccomp.h"
#include "share.h"
#include "supervisor.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef EBB_VERSION
#define EBB_VERSION "unreleased"
#endif

#define EXIT_USAGE 2

static const char usage[] =
    "ebb-worker: advises other processes' memory on behalf of the Ebb agent\n"
    "usage: ebb-worker --fd N [options]                       serve the agent on an inherited socket\n"
    "       ebb-worker --listen PATH --allow-uid UID [options]  wait for agents of that user on a unix socket\n"
    "       ebb-worker --share-folder PATH --group GID        give the agent's folder to a group of one's own, and end\n"
    "  --dac-read-search  keep CAP_DAC_READ_SEARCH: page maps of other users' processes\n"
    "  --reclaim          allow the agent to write memory.reclaim of a container (drops its swap cache)\n"
    "  --version          print the version\n";

struct options {
  const char *listen;
  const char *share;
  long group;
  long fd;
  long allowed;
  int reclaim;
  uint32_t keep;
};

static long number_of(const char *text) {
  char *end;
  errno = 0;
  long number = strtol(text, &end, 10);
  return errno || end == text || *end || number < 0 ? -1 : number;
}

static void print_and_exit(FILE *to, const char *text, int code) {
  fputs(text, to);
  exit(code);
}

static struct options parse(int argc, char **argv) {
  static const struct option names[] = {{"fd", 1, 0, 'f'},      {"listen", 1, 0, 'l'},  {"allow-uid", 1, 0, 'u'}, {"dac-read-search", 0, 0, 'd'},
                                        {"reclaim", 0, 0, 'r'}, {"version", 0, 0, 'v'}, {"help", 0, 0, 'h'},      {"share-folder", 1, 0, 's'},
                                        {"group", 1, 0, 'g'},   {0, 0, 0, 0}};
  struct options options = {.fd = -1, .allowed = -1, .group = -1, .keep = EBB_CAP_SYS_PTRACE | EBB_CAP_SYS_NICE};
  for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (name == 'f') options.fd = number_of(optarg);
    else if (name == 'l') options.listen = optarg;
    else if (name == 'u') options.allowed = number_of(optarg);
    else if (name == 's') options.share = optarg;
    else if (name == 'g') options.group = number_of(optarg);
    else if (name == 'd') options.keep |= EBB_CAP_DAC_READ_SEARCH;
    else if (name == 'r') options.reclaim = 1;
    else if (name == 'v') print_and_exit(stdout, "ebb-worker " EBB_VERSION "\n", 0);
    else if (name == 'h') print_and_exit(stdout, usage, 0);
    else exit(EXIT_USAGE);
  }
  int is_complete = options.listen ? options.allowed >= 0 && options.fd < 0 : options.fd >= 0;
  if (options.share) is_complete = options.group >= 0 && !options.listen && options.fd < 0;
  if (!is_complete || optind < argc) print_and_exit(stderr, usage, EXIT_USAGE);
  return options;
}

static void fail(const char *what, int error) {
  fprintf(stderr, "ebb-worker: %s: %s\n", what, strerror(error));
  exit(EXIT_FAILURE);
}

/* Nothing waits for a session here: one that hangs in the kernel must not keep the worker. */
static void leave(int signal) {
  (void)signal;
  _exit(0);
}

static void set_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void take_socket(struct supervisor *supervisor, const struct options *options) {
  struct stat stat;
  supervisor->listener = supervisor->agent = -1;
  if (!options->listen) {
    if (fstat((int)options->fd, &stat) < 0 || !S_ISSOCK(stat.st_mode)) fail("--fd", errno ? errno : ENOTSOCK);
    supervisor->agent = (int)options->fd;
    return;
  }
  supervisor->allowed = (uid_t)options->allowed;
  supervisor->listener = listen__open(options->listen, supervisor->allowed);
  if (supervisor->listener < 0) fail(options->listen, -supervisor->listener);
}

static void give_up_the_rest(struct supervisor *supervisor, const struct options *options) {
  uint32_t features = ebb_features(); /* asked while /proc/self is still this user's: not dumpable, it is root's */
  int failed = confine__limit(), is_enclosed = 0;
  if (failed) fail("limits", -failed);
  supervisor->reclaimer = options->reclaim ? reclaim__start(&is_enclosed) : -1;
  if (options->reclaim && supervisor->reclaimer < 0) fail("--reclaim", -supervisor->reclaimer);
  if ((failed = confine__drop_capabilities(options->keep))) fail("capabilities", -failed);
  supervisor->hello = (struct ebb_hello){
      .abi = ebb_abi(), .layout = ebb_layout_crc(), .capabilities = ebb_capabilities(), .features = features, .pid = getpid()};
  if (options->reclaim) supervisor->hello.features |= EBB_FEATURE_RECLAIM | (is_enclosed ? EBB_FEATURE_LANDLOCK : 0);
  probe__run(supervisor->probe);
#ifndef EBB_UNFILTERED /* only the build under sanitizers is: make build/asan/ebb-worker */
  if ((failed = seccomp__install(SECCOMP_WORKER))) fail("seccomp", -failed);
#endif
}

int main(int argc, char **argv) {
  static struct supervisor supervisor;
  struct options options = parse(argc, argv);
  if (options.share) {
    int failed = share__folder(options.share, (gid_t)options.group);
    if (failed) fail(options.share, -failed);
    return 0;
  }
  set_signals();
  take_socket(&supervisor, &options);
  give_up_the_rest(&supervisor, &options);
  return supervisor__run(&supervisor);
}
