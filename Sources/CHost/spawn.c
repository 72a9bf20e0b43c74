/* Starting a server. Between clone and exec the child makes system calls only: other threads of the parent may have
   held any lock of libc. It changes its user by raw system calls, too: libc's setuid signals all threads that it
   believes to exist, and after a raw clone3 it believes in the parent's. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child tells its parent: first its start time (`step` NULL), then a failure, if there is one. Both have the
   same program at the same addresses, so a step is the pointer to its text. */
typedef struct message {
    const char *step;
    int error;
    uint64_t start_time;
    bool in_view;
} message;

static void tell(int parent, message what) {
    /* The parent may have died; a server does not depend on it. */
    ssize_t written = write(parent, &what, sizeof what);
    (void)written;
}

static _Noreturn void fail(int parent, const char *step) {
    tell(parent, (message){.step = step, .error = errno});
    _exit(127);
}

static bool write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t length = (ssize_t)strlen(text);
    bool done = write(file, text, (size_t)length) == length;
    int error = errno;
    close(file);
    errno = error;
    return done;
}

/* Writes `value` in decimal, zero-padded to `width`, and returns the end. snprintf is not safe here. */
static char *put_number(char *at, uint64_t value, int width) {
    for (int digit = width - 1; digit >= 0; digit--, value /= 10) at[digit] = (char)('0' + value % 10);
    return at + width;
}

/* The 22nd field of /proc/self/stat, or 0. The program's name in the second may hold blanks and brackets. */
static uint64_t own_start_time(void) {
    char text[1024];
    int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0) return 0;
    text[length] = 0;
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++) at = strchr(at + 1, ' ');
    if (!at) return 0;
    uint64_t value = 0;
    for (at++; *at >= '0' && *at <= '9'; at++) value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

/* One line of fixed width, written over the last one, so that a full disk does not stop a restart. */
static bool write_record(const chost_launch *launch, uint64_t start_time) {
    char line[96];
    char *end = put_number(line, (uint64_t)getpid(), 10);
    *end++ = ' ';
    end = put_number(end, start_time, 20);
    *end++ = ' ';
    size_t id = strnlen(launch->boot_id, 36);
    memcpy(end, launch->boot_id, id);
    end += id;
    *end++ = '\n';
    return pwrite(launch->record_descriptor, line, (size_t)(end - line), 0) == end - line;
}

static bool mark_close_on_exec(int except) {
    if (syscall(SYS_close_range, 3u, ~0u, (unsigned)CLOSE_RANGE_CLOEXEC) != 0) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
        int last = limit.rlim_cur < INT_MAX ? (int)limit.rlim_cur : INT_MAX;
        for (int file = 3; file < last; file++) fcntl(file, F_SETFD, FD_CLOEXEC);
    }
    return fcntl(except, F_SETFD, 0) == 0;
}

static bool redirect_standard_streams(int log) {
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) return false;
    /* dup2 of a descriptor onto itself would leave it close-on-exec. */
    if (null == 0) return fcntl(0, F_SETFD, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2;
    return dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2;
}

static bool change_user(const chost_launch *launch) {
    return syscall(SYS_setgroups, 0, NULL) == 0
        && syscall(SYS_setresgid, launch->group, launch->group, launch->group) == 0
        && syscall(SYS_setresuid, launch->user, launch->user, launch->user) == 0;
}

/* Threads of Swift's concurrency runtime block nearly all signals, and both the mask and ignored signals survive exec:
   a server started so never sees SIGTERM. */
static void reset_signals(void) {
    /* By system calls, because libc refuses to touch the two signals that it keeps for itself. Zeros are the kernel's
       SIG_DFL without flags, and its empty mask, on every machine. */
    const uint64_t zeros[8] = {0};
    for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, zeros, NULL, sizeof zeros[0]);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, zeros, NULL, sizeof zeros[0]);
}

static _Noreturn void run_child(const chost_launch *launch, bool born_in_group, int parent) {
    /* Should the parent die now, telling it must not kill us. */
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignored, NULL);

    if (setsid() < 0) fail(parent, "make a session");
    /* Groups before the record: a recorded process is believed only inside its group. Both before root is dropped. */
    for (char *const *file = launch->group_files; *file; file++)
        if (!write_text(*file, "0")) fail(parent, "join the control group");
    if (launch->group_descriptor >= 0 && !born_in_group) {
        int file = openat(launch->group_descriptor, "cgroup.procs", O_WRONLY | O_CLOEXEC);
        if (file < 0 || write(file, "0", 1) != 1) fail(parent, "join the control group");
    }
    if (launch->adjust_oom_score) {
        char text[8];
        char *at = text;
        int value = launch->oom_score;
        if (value < 0) *at++ = '-';
        uint64_t amount = (uint64_t)(value < 0 ? -value : value);
        /* Without leading zeros: the kernel would read it as octal. */
        *put_number(at, amount, amount < 10 ? 1 : amount < 100 ? 2 : amount < 1000 ? 3 : 4) = 0;
        /* Only root may lower it. A server that is a likelier victim is better than none. */
        if (!write_text("/proc/self/oom_score_adj", text) && errno != EACCES) fail(parent, "set the OOM score");
    }
    uint64_t start_time = own_start_time();
    if (start_time == 0) fail(parent, "read the start time");
    if (!write_record(launch, start_time)) fail(parent, "write the process record");
    if (!redirect_standard_streams(launch->log_descriptor)) fail(parent, "redirect input and output");
    bool has_view = launch->view != NULL;
    umask(0);
    if (launch->view) {
        bool refused;
        const char *step = chost_enter_view(launch->view, &refused);
        if (step && !refused) {
            tell(parent, (message){.step = step, .error = errno, .in_view = true});
            _exit(127);
        }
        if (step) has_view = false;
    }
    if (launch->change_user && !change_user(launch)) fail(parent, "change the user");
    /* Whatever set-uid program the server finds, or is made to run by its users, stays the server's user's. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(parent, "give up new privileges");
    umask(077);
    if (chdir(launch->working_directory) != 0) fail(parent, "enter the working folder");
    if (!mark_close_on_exec(launch->lock_descriptor)) fail(parent, "mark descriptors close-on-exec");
    tell(parent, (message){.start_time = start_time, .in_view = has_view});
    reset_signals();
    chost_exec(launch->program, launch->arguments, launch->environment);
    fail(parent, "run the program");
}

/* Forks with a pidfd, into the cgroup where the kernel can. Returns as fork does. */
static pid_t fork_child(const chost_launch *launch, int *pidfd, bool *born_in_group) {
    struct clone_args arguments = {
        .flags = CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
    };
    *born_in_group = launch->group_descriptor >= 0;
    if (*born_in_group) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)launch->group_descriptor;
    }
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid >= 0 || (errno != ENOSYS && errno != EINVAL && errno != EPERM && errno != E2BIG)) return pid;

    /* An old kernel, or a container's filter that does not know clone3. */
    *born_in_group = false;
    pid = fork();
    if (pid > 0) *pidfd = chost_pidfd_open(pid);
    return pid;
}

/* Waits until the child runs its program or has failed; returns 0 or the errno of `failed_step`. */
static int await_start(int child, int patience_ms, chost_spawned *spawned) {
    message heard;
    for (;;) {
        /* A disk that hangs, or a control group that somebody has frozen, must not hold up the parent for ever. */
        struct pollfd entry = {.fd = child, .events = POLLIN};
        int ready = poll(&entry, 1, patience_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            spawned->failed_step = "get the process ready in time";
            return ETIMEDOUT;
        }
        ssize_t length = read(child, &heard, sizeof heard);
        if (length < 0 && errno == EINTR) continue;
        if (length != sizeof heard) break;
        if (heard.step) {
            spawned->failed_step = heard.step;
            spawned->failed_in_view = heard.in_view;
            return heard.error;
        }
        spawned->start_time = heard.start_time;
        spawned->has_view = heard.in_view;
    }
    if (spawned->start_time != 0) return 0;
    spawned->failed_step = "get the process ready (it was killed)";
    return ECHILD;
}

/* Ends a child that is not to be. One that does not take SIGKILL at once is left to the caller, with its pidfd. */
static void discard(chost_spawned *spawned, int error) {
    kill(spawned->pid, SIGKILL);
    if (error == ETIMEDOUT && spawned->pidfd >= 0) return;
    while (waitpid(spawned->pid, NULL, 0) < 0 && errno == EINTR) {}
    if (spawned->pidfd >= 0) close(spawned->pidfd);
    spawned->pidfd = -1;
}

int chost_spawn(const chost_launch *launch, chost_spawned *spawned) {
    int pipes[2];
    *spawned = (chost_spawned){.pid = -1, .pidfd = -1};
    if (launch->log_descriptor < 3 || launch->lock_descriptor < 3 || launch->record_descriptor < 3) {
        spawned->failed_step = "check descriptors (standard streams of the parent are closed)";
        return EBADF;
    }
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        spawned->failed_step = "make a pipe";
        return errno;
    }
    /* No handler of ours may run in the child. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool born_in_group;
    spawned->pid = fork_child(launch, &spawned->pidfd, &born_in_group);
    int error = errno;
    if (spawned->pid == 0) run_child(launch, born_in_group, pipes[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipes[1]);

    if (spawned->pid < 0) {
        spawned->failed_step = "fork";
    } else {
        error = await_start(pipes[0], launch->patience_ms, spawned);
        if (error == 0 && spawned->pidfd < 0) {
            /* Only without clone3, and out of descriptors. Nothing may run that cannot be watched. */
            error = EMFILE;
            spawned->failed_step = "open the process descriptor";
        }
        if (error != 0) discard(spawned, error);
    }
    close(pipes[0]);
    return error;
}
