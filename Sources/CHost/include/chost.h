/* What Roost needs of Linux and Swift's Glibc module does not offer: processes by descriptor, reflinks, mounts,
   descriptors over sockets. Plain functions; each returns -1 and sets errno on failure unless its comment says otherwise. */
#ifndef CHOST_H
#define CHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* For pid_t and its like. Not <sys/types.h>: Swift would take the struct timespec in it for this module's, and want an
   import of it wherever one is used. */
#include <unistd.h>

/* ---- view.c: what a server sees of the file system ---- */

/* Both end with NULL. */
typedef struct chost_view {
    char *const *hidden;              /* folders that are covered by empty ones */
    char *const *kept;                /* folders that are seen and written to as before, also below a hidden one; at most 8 */
} chost_view;

/* Gives the calling process, which must be root's and have one thread, a mount namespace in which nothing but `kept` and
   what everybody writes to (/tmp, /dev/shm) can be written to. Returns NULL, or the step that failed with errno set:
   `refused` where this machine makes no namespaces, and nothing was changed. */
const char *chost_enter_view(const chost_view *view, bool *refused);

/* ---- spawn.c: starting a server ---- */

/* How a server starts. Descriptors are the caller's to close; all must be 3 or above. */
typedef struct chost_launch {
    const char *program;              /* absolute path */
    char *const *arguments;           /* argv, ends with NULL */
    char *const *environment;         /* the whole environment, ends with NULL */
    const char *working_directory;
    int log_descriptor;               /* becomes standard output and standard error */
    int lock_descriptor;              /* the one descriptor the server inherits beyond 0, 1 and 2 */
    int record_descriptor;            /* gets one line: pid, start time, boot id (see ServerRecord) */
    const char *boot_id;
    int group_descriptor;             /* cgroup v2 folder to be born in, or -1 */
    char *const *group_files;         /* tasks files to join (v1), ends with NULL */
    bool change_user;
    uid_t user;
    gid_t group;
    bool adjust_oom_score;
    int oom_score;
    const chost_view *view;           /* NULL: what everybody sees. Only root may have one */
    int patience_ms;                  /* how long the child may take until it runs its program */
} chost_launch;

typedef struct chost_spawned {
    pid_t pid;
    int pidfd;
    uint64_t start_time;              /* clock ticks after boot, as in /proc/PID/stat */
    bool has_view;                    /* whether it got the view that was asked for */
    bool failed_in_view;              /* the failed step was one of the view's: without one it may start */
    const char *failed_step;          /* a static text; NULL on success */
} chost_spawned;

/* Starts a server in a session of its own and returns once it runs its program: 0, or the errno of `failed_step`.
   Nothing is left behind on failure; but after ETIMEDOUT `pidfd` may be open, of a child that was killed and has
   not ended: the caller then reaps it. */
int chost_spawn(const chost_launch *launch, chost_spawned *spawned);

/* ---- program.c: programs that Roost did not write, run to their end ---- */

typedef struct chost_program {
    const char *program;              /* absolute path */
    char *const *arguments;           /* argv, ends with NULL */
    char *const *environment;         /* the whole environment, ends with NULL */
    bool change_user;
    uid_t user;
    gid_t group;
    int input;                        /* becomes standard input; -1: nothing to read */
    bool gives_input;                 /* the call closes it: the end of a pipe that nobody else may hold */
    bool gives_output;                /* `output` becomes standard output, and the call closes it; else what is printed is kept */
    int output;
    int cancel;                       /* once it can be read, the program is given up; -1: never */
    int patience_ms;
    size_t limit;                     /* of what it prints, and of its errors; more is a failure (EMSGSIZE) */
} chost_program;

typedef struct chost_text {
    char *bytes;
    size_t length;
    size_t capacity;
} chost_text;

typedef struct chost_program_end {
    bool signalled;
    int value;                        /* exit status or signal */
    bool is_gone;                     /* false: killed, and not dead yet */
    chost_text output;
    chost_text errors;
} chost_program_end;

/* Runs a program with nothing open but its three streams, and judges it by its own end, whoever else holds them: 0, or the
   errno of what failed: that it could not be run, ETIMEDOUT, ECANCELED, EMSGSIZE. As root nothing that it started lives on
   then; else nothing of its process group. Blocks its thread, which must not end meanwhile. `end` is the caller's to free. */
int chost_program_run(const chost_program *program, chost_program_end *end);
void chost_program_free(chost_program_end *end);

/* An open file without a name that holds these bytes, at its beginning and close-on-exec. */
int chost_text_file(const void *bytes, size_t count);

/* A descriptor that can be read once `chost_event_raise` was called. */
int chost_event(void);
void chost_event_raise(int event);

/* ---- exec.c: becoming another program ---- */

/* execve, in a child between clone and exec. A program that was written a moment ago may still be open for writing in
   another child that has not come to its exec (ETXTBSY): that is waited for, for two seconds at most. Returns only on
   failure, with errno set. */
void chost_exec(const char *program, char *const *arguments, char *const *environment);

/* ---- process.c: processes by descriptor ---- */

int chost_pidfd_open(pid_t pid);
int chost_pidfd_signal(int pidfd, int signal);

/* Reaps an ended child: 1 with `signalled` and `value` (exit status or signal), 0 while it runs, -1 with ECHILD when it
   is no child of ours. */
int chost_reap(int pidfd, bool *signalled, int *value);

/* ---- supervise.c: a supervisor of processes ---- */

/* Blocks SIGTERM, SIGINT and SIGCHLD, ignores SIGPIPE, and returns a descriptor that the blocked ones are read from. */
int chost_signal_descriptor(void);

/* The next signal, or 0 when there is none. */
int chost_take_signal(int descriptor);

/* Reaps an ended child that leads a process group, killing what is left of the group before: 1 with `signalled` and
   `value`, 0 while it runs. */
int chost_reap_leader(pid_t pid, bool *signalled, int *value);

/* ---- guard.c: the guard of a freeze ---- */

/* Starts a program in a session of its own and returns its pidfd. It inherits the ends of two pipes as standard input
   and as standard output and error, and nothing else; the other ends are `input` and `output`, close-on-exec. */
int chost_spawn_guard(const char *program, char *const *arguments, int *input, int *output);

/* Waits until one of the files can be read or has come to its end, and returns its index; `count` when none has after
   `nanoseconds`. Files below 0 are passed over. */
int chost_await_any(const int *files, int count, int64_t nanoseconds);

/* ---- ranges.c: where a file's bytes are, and sharing parts of it ---- */

/* A piece of a file, in bytes. */
typedef struct chost_extent {
    uint64_t start;
    uint64_t length;
    uint64_t place;                   /* on the disk */
    bool is_plain;                    /* written data at `place`: not inline, delayed, unwritten, encoded or unknown */
} chost_extent;

/* Writes a file's dirty pages to disk and lists what it holds from `from` up to `to`, in order: the number of extents, in
   an array that the caller frees. The first may begin before `from`, the last end behind `to`; holes are left out. */
ssize_t chost_extents(int file, uint64_t from, uint64_t to, chost_extent **extents);

/* Makes a range of `target` share the same range of `source`, holes included; offset and length are multiples of the
   block size. Length 0: up to the source's end, which is then also the end of `target`, or behind it. Waits for direct
   I/O in flight on both. */
int chost_clone_range(int target, int source, off_t offset, off_t length);

/* Writes a file's dirty pages to disk and waits for them, but neither for the file system's journal nor the disk's own
   cache: what was dirty is clean, not durable. */
int chost_write_back(int file);

/* ---- files.c: files and trees ---- */

/* Makes `target` share all of `source`'s blocks (FICLONE). */
int chost_clone_file(int target, int source);

/* Cuts the first `length` bytes (a multiple of the block size, less than the file) out of a file. */
int chost_collapse_head(int file, off_t length);

/* The start of the next data and of the next hole at or after `offset`. ENXIO: there is no data left. */
off_t chost_next_data(int file, off_t offset);
off_t chost_next_hole(int file, off_t offset);

/* Starts writing a file's dirty pages to disk without waiting for them. */
int chost_start_writeback(int file);

typedef enum chost_open {
    CHOST_OPEN_FOLDER,                /* a folder, to be read */
    CHOST_OPEN_FILE,                  /* a file, to be read; never waits for a pipe's other end */
    CHOST_OPEN_HANDLE                 /* anything, as a handle that gives no access (O_PATH) */
} chost_open;

/* Opens `path` below `folder`, close-on-exec: follows no symbolic link (ELOOP; a handle may stand for a link itself),
   leaves neither the folder nor its mount (EXDEV). */
int chost_open_below(int folder, const char *path, chost_open what);

/* Changes the owner of what a CHOST_OPEN_HANDLE descriptor stands for. */
int chost_change_owner(int handle, uid_t user, gid_t group);

/* Renames, refusing an existing target with EEXIST. */
int chost_rename_new(int from_folder, const char *from, int to_folder, const char *to);

/* ---- subvolumes.c: trees that btrfs snapshots as a whole ---- */

/* 1 where a file is on btrfs, else 0. */
int chost_is_btrfs(int file);

/* Makes an empty subvolume `name` in the folder `parent`, its mode as the process's mask allows; 0. */
int chost_make_subvolume(int parent, const char *name);

/* Makes `name` in the folder `parent` a writable snapshot of the subvolume that `source` is the root of; 0. It is on the
   disk then. EXDEV: they are on different file systems. EINVAL: `source` is no subvolume's root. */
int chost_snapshot_subvolume(int parent, const char *name, int source);

/* Removes the subvolume `name` in the folder `parent` with all that is in it, whose space is freed later; 0. What is
   mounted in it is unmounted. ENOTEMPTY: it holds other subvolumes. EPERM: the caller may not, though he may empty it. */
int chost_remove_subvolume(int parent, const char *name);

/* ---- mounts.c: loop devices and the file systems on them ---- */

/* Which mount a path stands on; 0: the kernel does not tell (before 5.8). */
uint64_t chost_mount_id(const char *path);

/* The number of a loop device that is bound to no file. Until it is bound, another process may take it. */
int chost_loop_free(void);

/* Binds a file to a loop device, both open for writing; 0. The device is let go of when nobody has it open or mounted
   any more. With direct I/O where the file system below allows it. EBUSY: it is bound already. */
int chost_loop_bind(int loop, int file, const char *name);

typedef struct chost_loop_status {
    uint64_t device;                  /* of the file: its st_dev and st_ino */
    uint64_t inode;
    bool whole;                       /* all of the file, to be written to */
} chost_loop_status;

/* What a loop device is bound to; 0. ENXIO: to nothing. */
int chost_loop_look(int loop, chost_loop_status *status);

/* Makes a loop device as large as its file has become; 0. */
int chost_loop_resize(int loop);

/* Removes a loop device that nobody uses and makes it anew, with the settings it had at first; 0. EBUSY: it has been
   used for half a second. */
int chost_loop_renew(int number);

/* The size of a block device in bytes; 0. */
int chost_device_size(int device, uint64_t *size);

/* Gives a file blocks of its own from its start up to `size`, and leaves the size it shows as it is; 0. Never writes
   zeros instead: EOPNOTSUPP where the file system cannot. */
int chost_reserve(int file, off_t size);

/* Mounts an XFS such that it neither discards what it frees nor honours devices and set-user-id programs; 0. */
int chost_mount_xfs(const char *device, const char *folder);

/* Unmounts, never lazily; 0. EBUSY: something in it has been open for half a second. */
int chost_unmount(const char *folder);

/* The bytes that a mounted XFS has grown to, by any file open in it; 0. */
int chost_xfs_size(int file, uint64_t *size);

/* ---- run.c: short programs ---- */

/* Runs a program to its end, without input, and keeps the start of what it prints on both streams as text in `output`.
   Returns 0 if it ended well, else its exit status or 128 + its signal. ETIMEDOUT: it was killed after `patience_ms`. */
int chost_run(const char *program, char *const *arguments, int patience_ms, char *output, size_t capacity);

/* ---- extents.c: what files share ---- */

typedef struct chost_extent_sums {
    uint64_t exclusive;               /* bytes on the disk that no other file shares, holes left out */
    uint64_t shared;
} chost_extent_sums;

/* Sums a file's extents (FIEMAP); 0. `sync`: after writing out what has no place on the disk yet. EOPNOTSUPP: the file
   system does not tell. */
int chost_extents_sum(int file, bool sync, chost_extent_sums *sums);

/* ---- sockets.c ---- */

/* Sends what the socket takes at once, and raises no SIGPIPE; a short count, or -1 with EAGAIN. libc's own `send` may be
   where a thread is cancelled, and sees to that with each message. */
ssize_t chost_send_now(int socket, const void *bytes, size_t count);

/* Sends `count` descriptors, in as many messages as it takes. The peer must call `chost_recv_fds` at that place of the
   stream, having read exactly what was written before. Returns 0. Waits at most 5 s for the peer (ETIMEDOUT). */
int chost_send_fds(int socket, const int *fds, int count);

/* Receives what one `chost_send_fds` sent and returns the number of descriptors, all close-on-exec. More of them than
   `capacity` are an error (EMSGSIZE), and so is an early end of the stream (ECONNRESET); none is left open then. */
int chost_recv_fds(int socket, int *fds, int capacity);

#endif
