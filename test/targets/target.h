/*
 * target: a process to be advised. It does what its driver says, one command a line ("anon 64M 7"), and answers each
 * with one line: "ok VALUES..." or "error ERRNO WHAT". Sizes take K, M, G. Regions are named by the number that the
 * command which made them answered: "ok ID START END" (START, END hexadecimal).
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096ul

/* The words of one command, and the room for its answer. */
struct command {
  int argc;
  char **argv;
  char answer[1024];
};

/* Each returns 0, or -errno with what failed in answer. */
typedef int (*command_fn)(struct command *c);
struct entry {
  const char *name;
  command_fn run;
};

/* A mapping made by a command. Its content is a function of seed and page number, so it can be checked any time. */
struct region {
  char *start;
  size_t length;
  uint64_t seed;
};

extern const struct entry region_commands[], thread_commands[], process_commands[];

int say(struct command *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
int refuse(struct command *c, const char *what); /* -errno, with what failed */
uint64_t size_argument(const struct command *c, int index, uint64_t otherwise);
const char *text_argument(const struct command *c, int index, const char *otherwise);

/* The part [OFFSET, OFFSET + LENGTH) of region argv[1], given as argv[2] and argv[3]; all of it where absent. */
int part(struct command *c, char **start, size_t *length);
struct region *region_of(const struct command *c, int index);
int add_region(struct command *c, void *start, size_t length, uint64_t seed, int filled);
void fill_pages(const struct region *region, size_t offset, size_t length);

/* Serves commands from `in` until it ends. */
void serve(int in, int out);
extern int serve_in, serve_out;

uint64_t now_micros(void);

#endif
