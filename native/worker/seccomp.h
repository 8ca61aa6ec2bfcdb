/* seccomp.h: the worker's own system call filter, on top of whatever the container's profile is. */
#ifndef EBB_WORKER_SECCOMP_H
#define EBB_WORKER_SECCOMP_H

enum seccomp_role { SECCOMP_WORKER, SECCOMP_RECLAIMER };

/* Installs the filter of this role for this process and all its children. 0 or -errno. Needs no_new_privs. */
int seccomp__install(enum seccomp_role role);

#endif
