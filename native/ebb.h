/*
 * ebb.h: the native ABI of Ebb. Struct layouts shared by the C library, the worker program and TypeScript
 * (native/layout.ts), the functions of the library, and the frames that agent and worker exchange.
 *
 * Rules: little-endian, natural alignment, no implicit padding (reserved fields are written out and zero), sizes
 * multiple of 8. Bytes are bytes, times are named by their unit. Functions return >= 0, or -errno; nothing prints,
 * nothing retries for ever, nothing allocates unless said. Any change of a layout or a number raises EBB_ABI.
 */
#ifndef EBB_H
#define EBB_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define EBB_ABI 2
#define EBB_PAGE_BATCH 1024 /* iovecs of one process_madvise call: the kernel's UIO_MAXIOV */
#define EBB_COMM 16
#define EBB_NS_LEVELS 8
#define EBB_PATH 1024
#define EBB_MAX_TARGETS 256     /* processes of one session: docs/design.md, Bounds */
#define EBB_MAX_MAPPINGS 200000 /* mappings of one session and round */
#define EBB_MAX_FRAME (16u << 20)
#define EBB_MAX_SESSIONS 16
#define EBB_MAX_STUCK 4

/* Names of api/reasons.ts that the C side can originate; ebb_reason_name() gives the literal. */
enum ebb_reason {
  EBB_OK = 0,
  EBB_EXITED,
  EBB_NOT_IN_CONTAINER,
  EBB_EXECED,
  EBB_LEADER_EXITED,
  EBB_ZOMBIE,
  EBB_KERNEL_THREAD,
  EBB_NOT_A_PROCESS,
  EBB_SAME_ADDRESS_SPACE,
  EBB_SHARED_ADDRESS_SPACE,
  EBB_VFORK_CHILD,
  EBB_WRONG_PID_NAMESPACE,
  EBB_NO_SUCH_PROCESS,
  EBB_TARGET_STUCK,
  EBB_PERMISSION_DENIED,
  EBB_MISSING_SYS_PTRACE,
  EBB_MISSING_SYS_NICE,
  EBB_MISSING_DAC_READ_SEARCH,
  EBB_RIGHTS_EXCEEDED,
  EBB_SYSTEM_ERROR,
  EBB_UNADVISABLE, /* EINVAL on this mapping */
  EBB_GONE,        /* ENOMEM: a hole */
  EBB_CHANGED,
  EBB_BUSY, /* EAGAIN */
  EBB_DEADLINE,
  EBB_CANCELLED,
  EBB_TOO_MANY_MAPPINGS,
  EBB_TOO_MANY_PROCESSES,
  EBB_TOO_MANY_HANDLES,
  EBB_ADVICE_UNSUPPORTED,
  EBB_DEGRADED,
  EBB_PROTOCOL_ERROR,
  EBB_RECLAIM_UNAVAILABLE,
  EBB_OWN_PROCESS,
  EBB_REASONS
};

/* Rights of a session; every handle in it has them and no more. */
enum ebb_right { EBB_OBSERVE = 1, EBB_ADVISE = 2 };

/* How identity was proven. */
enum ebb_proof_kind {
  EBB_PROOF_NONE = 0,
  EBB_PROOF_CGROUP_LINE = 1, /* memory controller's line of /proc/PID/cgroup, read through a directory fd that the pidfd vouches for */
  EBB_PROOF_PIDFD_INFO = 2,  /* the same, and PIDFD_GET_INFO's cgroup id equals the cgroup directory's inode (v2, Linux 6.13+) */
  EBB_PROOF_PIDFD_ONLY = 3   /* no container was named: the pidfd, directory fd and start time agree */
};

enum ebb_feature {
  EBB_FEATURE_PAGEMAP_SCAN = 1,   /* Linux 6.7 */
  EBB_FEATURE_PROCMAP_QUERY = 2,  /* Linux 6.11 */
  EBB_FEATURE_PIDFD_INFO = 4,     /* Linux 6.13 */
  EBB_FEATURE_PIDFS_INODE = 8,    /* Linux 6.9 */
  EBB_FEATURE_RECLAIM = 16,       /* the worker was started with the opt-in right to write memory.reclaim */
  EBB_FEATURE_LANDLOCK = 32       /* and Landlock encloses the process that does it */
};

enum ebb_capability { EBB_CAP_SYS_PTRACE = 1, EBB_CAP_SYS_NICE = 2, EBB_CAP_DAC_READ_SEARCH = 4 };

/* Numbers of madvise(2) that Ebb may send to another process. No destructive advice is compiled in. */
enum ebb_advice { EBB_WILLNEED = 3, EBB_COLD = 20, EBB_PAGEOUT = 21, EBB_COLLAPSE = 25 };

/* ---- sampling: needs no rights; always answers, even for a stuck target ---- */

enum ebb_process_flag {
  EBB_PROCESS_KERNEL_THREAD = 1,
  EBB_PROCESS_ZOMBIE = 2,
  EBB_PROCESS_LEADER_EXITED = 4, /* zombie leader, threads alive */
  EBB_PROCESS_TRACED = 8,        /* TracerPid != 0 */
  EBB_PROCESS_REAL_TIME = 16     /* scheduling policy FIFO, RR or DEADLINE (leader) */
};

/* From /proc/PID/stat and /proc/PID/status. proc(5). */
struct ebb_sample {
  int32_t pid;
  int32_t parent;
  int32_t ns_pids[EBB_NS_LEVELS]; /* NSpid, outermost first; 0 past the end */
  uint32_t ns_depth;              /* levels, may exceed EBB_NS_LEVELS: then the last entry is the innermost */
  uint32_t uid;                   /* effective */
  uint32_t threads;
  uint32_t flags; /* enum ebb_process_flag */
  uint64_t start_ticks;
  uint64_t cpu_ticks; /* utime + stime */
  uint64_t rss_anon_bytes;
  uint64_t rss_file_bytes;
  uint64_t rss_shmem_bytes;
  uint64_t swap_bytes;
  uint64_t locked_bytes; /* VmLck */
  uint64_t pinned_bytes; /* VmPin */
  uint64_t size_bytes;   /* VmSize */
  int32_t tracer;
  int32_t error; /* errno of the read; 0: filled */
  char comm[EBB_COMM];
  char state; /* R S D Z T t I */
  uint8_t reserved[7];
};

/* Fills out[i] for pids[i] from the /proc opened as proc_fd. Returns how many were filled without error. */
ssize_t ebb_sample_processes(int proc_fd, const int32_t *pids, size_t count, struct ebb_sample *out);

struct ebb_file_result {
  uint32_t offset; /* into the buffer */
  uint32_t length;
  int32_t error; /* errno; EOVERFLOW: longer than what was left of the buffer or than 64 KiB */
  uint32_t reserved;
};

/*
 * Reads many small files (cgroup counters, pressure) in one call: paths is `count` NUL-terminated strings one after
 * the other, relative to dir_fd or absolute. Returns the bytes used in buffer.
 */
ssize_t ebb_read_files(int dir_fd, const char *paths, size_t count, char *buffer, size_t capacity, struct ebb_file_result *results);

/* ---- identity ---- */

struct ebb_target {
  int32_t pid;
  uint32_t reserved;
  uint64_t start_ticks; /* as sampled; 0: any */
};

/* What is known of a process after the race-free sequence of docs/design.md, Identity. */
struct ebb_proof {
  int32_t pid;
  uint32_t reason; /* enum ebb_reason; EBB_OK: a handle exists */
  int32_t error;   /* errno behind it, 0 if none */
  uint32_t handle; /* index within the session */
  uint32_t proof;  /* enum ebb_proof_kind */
  int32_t shared_with; /* EBB_SAME/SHARED_ADDRESS_SPACE, EBB_VFORK_CHILD: the process that counts instead */
  uint64_t pidfd_inode; /* on pidfs (Linux 6.9+), else 0 */
  uint64_t cgroup_inode; /* of the memory cgroup the process is in */
  uint64_t exec_key;    /* hash of stat fields 26-28 and 45-51: changes with execve */
  struct ebb_sample sample;
};

/* ---- mappings ---- */

enum ebb_mapping_kind {
  EBB_MAPPING_ANONYMOUS = 1, /* private anonymous, also [anon:...] */
  EBB_MAPPING_HEAP = 2,
  EBB_MAPPING_STACK = 3,
  EBB_MAPPING_SHARED = 4, /* shared anonymous, memfd, SysV shm, /dev/zero */
  EBB_MAPPING_FILE = 5,
  EBB_MAPPING_SPECIAL = 6, /* vdso, vvar, vsyscall, uprobes */
  EBB_MAPPING_HUGETLB = 7
};
enum ebb_mapping_bit { EBB_MAPPING_READ = 0x100, EBB_MAPPING_WRITE = 0x200, EBB_MAPPING_EXEC = 0x400, EBB_MAPPING_IS_SHARED = 0x800 };

struct ebb_mapping {
  uint64_t start, end; /* bytes, page-aligned, end exclusive */
  uint64_t kind_bits;  /* enum ebb_mapping_kind | enum ebb_mapping_bit */
};

struct ebb_range {
  uint64_t start, end;
};

/* Pages of one range. */
struct ebb_counts {
  uint64_t present_bytes;
  uint64_t swapped_bytes;
};

/* A run of pages of one category. */
enum ebb_page_category { EBB_PAGE_PRESENT = 8, EBB_PAGE_SWAPPED = 16 }; /* as in PAGEMAP_SCAN */
struct ebb_run {
  uint64_t start, end;
  uint64_t category;
};

/* ---- advice ---- */

struct ebb_advise_limits {
  uint32_t advice;           /* enum ebb_advice */
  uint32_t max_stall_micros; /* chunks adapt so that one call stays below it; 0: one call per iovec batch (contrast for benches) */
  uint64_t bytes_per_second; /* 0: unlimited */
  uint64_t deadline_micros;  /* from the start of the call; 0: none */
  uint64_t first_chunk_bytes; /* 0: 256 KiB; a later slice of a pass goes on with what the last one learned */
};

struct ebb_range_result {
  uint64_t advised_bytes;
  uint32_t reason; /* EBB_OK: the whole range was advised */
  int32_t error;
};

/* Filled whatever happens. */
struct ebb_advise_result {
  uint64_t advised_bytes;
  uint64_t calls;
  uint64_t call_micros;    /* inside process_madvise */
  uint64_t longest_micros; /* one call */
  uint64_t wall_micros;
  uint64_t chunk_bytes; /* learned */
  uint32_t ranges_done; /* results[0..ranges_done) are final */
  uint32_t reason;      /* EBB_OK, or why it stopped early */
  int32_t error;
  uint32_t reserved;
};

/* ---- frames: header, then `length` bytes of body, over a stream socket ---- */

enum ebb_frame_type {
  /* request → reply of the same type and sequence; a refusal is EBB_FRAME_REFUSED */
  EBB_FRAME_HELLO = 1,   /* () → ebb_hello */
  EBB_FRAME_BEGIN = 2,   /* ebb_begin → (): forks the child that is this session */
  EBB_FRAME_OPEN = 3,    /* ebb_target[] → ebb_proof[], same order; proven, shared address spaces found */
  EBB_FRAME_LIST = 4,    /* ebb_handle → ebb_mapping[]; keeps the maps fd that pins the program */
  EBB_FRAME_COUNT = 5,   /* ebb_scan, ebb_range[] → ebb_counts[] */
  EBB_FRAME_RUNS = 6,    /* ebb_scan, ebb_range[] → ebb_run[] */
  EBB_FRAME_ADVISE = 7,  /* ebb_handle, ebb_advise_limits, ebb_range[] → EBB_FRAME_PROGRESS*, then ebb_advise_result, ebb_range_result[] */
  EBB_FRAME_MEASURE = 8, /* () → ebb_proof[] of every handle, read anew through their directory fds */
  EBB_FRAME_CANCEL = 9,  /* () no reply: ends the ADVISE under way between two chunks */
  EBB_FRAME_END = 10,    /* () → EBB_FRAME_ENDED */
  EBB_FRAME_PROBE = 11,  /* session 0: () → ebb_probe[]: asks the kernel about each advice, on a child of the worker's own */
  EBB_FRAME_RECLAIM = 12, /* session 0: ebb_reclaim → ebb_reclaimed; opt-in */
  /* worker → agent only */
  EBB_FRAME_PROGRESS = 20, /* ebb_progress, at most every 100 ms while an ADVISE runs */
  EBB_FRAME_REFUSED = 21,  /* ebb_refused */
  EBB_FRAME_ENDED = 22     /* ebb_ended: the session is over; unanswered requests never will be */
};

struct ebb_frame {
  uint32_t length;
  uint32_t type;
  uint32_t session; /* chosen by the agent, > 0; 0: the worker itself */
  uint32_t sequence;
};

struct ebb_hello {
  uint32_t abi;
  uint32_t layout; /* CRC-32 of ebb_layout() */
  uint32_t capabilities;
  uint32_t features;
  int32_t pid;
  uint32_t reserved;
};

/* One container (or process tree) and what may be done with it. */
struct ebb_begin {
  uint32_t rights;
  uint32_t watch_millis; /* deadline of each read of an address space: TargetStuck; 0: 200 */
  uint64_t cgroup_inode; /* of the container's memory cgroup as discovered; 0: any */
  char mount[256];       /* where the memory hierarchy is mounted, "" without a container */
  char cgroup[EBB_PATH]; /* the container's memory cgroup below it, "/..."; nested cgroups belong to it; "" : no container */
};

struct ebb_handle {
  uint32_t handle;
  uint32_t reserved;
};

struct ebb_scan {
  uint32_t handle;
  uint32_t flags;    /* 1: read pagemap even where PAGEMAP_SCAN exists */
  uint32_t category; /* RUNS: which pages, enum ebb_page_category */
  uint32_t reserved;
};

struct ebb_probe {
  uint32_t advice;
  int32_t error; /* 0: the kernel takes it for another process */
  char name[16]; /* "COLD", "MERGEABLE", ... */
};

struct ebb_reclaim {
  uint64_t bytes;
  uint64_t cgroup_inode;
  char mount[256];
  char cgroup[EBB_PATH];
};

struct ebb_reclaimed {
  uint32_t reason;
  int32_t error; /* EAGAIN: less was reclaimed than asked for */
  uint64_t usage_before_bytes;
  uint64_t usage_after_bytes;
};

struct ebb_progress {
  uint64_t advised_bytes; /* of this ADVISE */
  uint64_t calls;
};

struct ebb_refused {
  uint32_t reason;
  int32_t error;
};

struct ebb_ended {
  uint32_t reason; /* EBB_OK: as asked; EBB_TARGET_STUCK; EBB_SYSTEM_ERROR: it crashed */
  uint32_t abandoned; /* 1: the child hangs in the kernel and was given up */
  uint32_t stuck;     /* abandoned children alive now, of EBB_MAX_STUCK */
  int32_t status;     /* wait(2) status of the child, 0 while it hangs */
};

/* ---- library: what the worker's session children call; all of it needs the worker's rights ---- */

/* "struct NAME SIZE\nNAME.FIELD OFFSET SIZE\n..." of every struct above, in order of declaration. */
const char *ebb_layout(void);
uint32_t ebb_layout_crc(void);
uint32_t ebb_abi(void);
const char *ebb_reason_name(uint32_t reason);
uint32_t ebb_features(void);
uint32_t ebb_capabilities(void); /* of the calling thread: effective */

struct ebb_process; /* a proven process: pidfd, directory fd, maps fd; opaque, allocated */

/*
 * Called with 1 right before and 0 right after each system call that takes a target's mmap lock and dies on a fatal
 * signal (open of maps, 64 KiB of its text, pagemap, PAGEMAP_SCAN, kcmp; not process_madvise): the worker arms its
 * deadline there. NULL (default): nobody watches. What is watched at once covers at most 1 GiB of pages.
 */
extern void (*ebb_watch)(int armed);

/* Where the caller's cgroup namespace begins, from this mount; "" at its top, and where that can't be told. Looked up once. */
const char *ebb_cgroup_root(const char *mount);

int ebb_process__open(const struct ebb_begin *who, const struct ebb_target *target, struct ebb_process **out, struct ebb_proof *proof);
/* 1: it runs the caller's own program, or has started a process that does: a worker, its children, an agent. */
int ebb_process__is_own(const struct ebb_process *process);
/* Proves it again: alive, same cgroup, same program. Returns 0 or -errno and fills proof->reason. */
int ebb_process__prove(struct ebb_process *process, struct ebb_proof *proof);
/*
 * Marks all but one of the processes that share an mm, and those that share one outside `who` (kcmp(2), CONFIG_KCMP). The
 * first `settled` of them count already: of those who share with one of them, they go on counting. On -errno nothing is known.
 */
int ebb_process__find_shared(const struct ebb_begin *who, struct ebb_process **processes, struct ebb_proof *proofs, size_t count, size_t settled);
/* Lists mappings into out[0..capacity); returns how many there are (may exceed capacity). Keeps the maps fd open. */
ssize_t ebb_process__list(struct ebb_process *process, struct ebb_mapping *out, size_t capacity);
int ebb_process__count(struct ebb_process *process, const struct ebb_range *ranges, size_t count, unsigned flags, struct ebb_counts *out);
ssize_t ebb_process__runs(struct ebb_process *process, const struct ebb_range *ranges, size_t count, unsigned flags, unsigned category, struct ebb_run *out, size_t capacity);
/*
 * `between` is called before every chunk and while pacing; non-zero (an enum ebb_reason) stops the pass. It may sleep up
 * to wait_micros (then listens for a cancel); the library looks at the clock and calls again until the time has come.
 */
typedef uint32_t (*ebb_between)(void *context, const struct ebb_advise_result *so_far, uint64_t wait_micros);
int ebb_process__advise(struct ebb_process *process, const struct ebb_advise_limits *limits, const struct ebb_range *ranges, size_t count,
                        struct ebb_range_result *results, struct ebb_advise_result *result, ebb_between between, void *context);
void ebb_process__close(struct ebb_process *process);

/* Polls pidfds: exited[i] = 1 where the process is gone. Returns how many. timeout_millis as poll(2). */
int ebb_poll_exits(const int32_t *pidfds, size_t count, uint8_t *exited, int timeout_millis);
/* pidfd_open(2) for the observer, who needs no right. */
int ebb_pidfd_open(int32_t pid);
/*
 * Drops the pages of the caller's own program out of the caller's memory, as far as its file has them: segments that were
 * never writable and of which no page is a copy. They come back where they are used. Needs no right. Returns the bytes.
 */
int64_t ebb_give_back_own_program(void);

/* Parsers of kernel text, apart so that they can be fuzzed. Return 0 or -EINVAL; never read past length. */
int ebb_parse_stat(const char *text, size_t length, struct ebb_sample *out, uint64_t exec_fields[10]);
int ebb_parse_status(const char *text, size_t length, struct ebb_sample *out);
/* One line of maps without its newline. */
int ebb_parse_mapping(const char *line, size_t length, struct ebb_mapping *out);
/* The path of the memory controller: its v1 line, else the v2 line. path_capacity bytes at most, NUL-terminated. */
int ebb_parse_cgroup(const char *text, size_t length, char *path, size_t path_capacity, int *is_v2);

#endif
