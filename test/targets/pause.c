/* Waits for ever and reaps: PID 1 of a pod sandbox. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap(int signal) {
  (void)signal;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

static void leave(int signal) {
  (void)signal;
  _exit(0);
}

int main(void) {
  signal(SIGCHLD, reap);
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  for (;;) pause();
}
