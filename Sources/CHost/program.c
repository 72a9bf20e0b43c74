/* Runs a program that Roost did not write to its own end: with a time limit, bounded output, and nothing of it left.

   As root it runs in a process namespace of its own, below a small init. When the program ends, or is given up, the init
   ends, and the kernel kills whatever the program has started, sessions of their own and forks of forks included. Between
   clone and exec there are system calls only, for the reasons that spawn.c gives. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For a killed program to be gone; one that waits for a disk may take longer, and is then left. */
enum { DEATH_MS = 10000 };

/* What the child tells: that it could not run the program (`error`), or how it ended. */
typedef struct report {
    int error;
    int status;
} report;

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static pid_t fork_raw(uint64_t flags, int *pidfd) {
    struct clone_args arguments = {
        .flags = flags | (pidfd ? CLONE_PIDFD : 0), .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = SIGCHLD};
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void reset_signals(void) {
    const uint64_t zeros[8] = {0};
    for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, zeros, NULL, sizeof zeros[0]);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, zeros, NULL, sizeof zeros[0]);
}

static _Noreturn void run_program(const chost_program *program, const int streams[3], int told) {
    int error = 0;
    if (setsid() < 0) error = errno;
    for (int stream = 0; !error && stream < 3; stream++) if (dup2(streams[stream], stream) != stream) error = errno;
    /* The report's pipe is the last that stays open, and goes with exec. After the streams: one of them may have been 3. */
    if (!error && dup2(told, 3) != 3) error = errno;
    if (!error) {
        fcntl(3, F_SETFD, FD_CLOEXEC);
        if (syscall(SYS_close_range, 4u, ~0u, 0u) != 0)
            for (int file = 4; file < 65536; file++) close(file);
    }
    if (!error && program->change_user
        && (syscall(SYS_setgroups, 0, NULL) != 0
            || syscall(SYS_setresgid, program->group, program->group, program->group) != 0
            || syscall(SYS_setresuid, program->user, program->user, program->user) != 0
            || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0))
        error = errno;
    if (!error && chdir("/") != 0) error = errno;
    if (!error) {
        reset_signals();
        chost_exec(program->program, program->arguments, program->environment);
        error = errno;
    }
    report what = {.error = error};
    ssize_t written = write(3, &what, sizeof what);
    (void)written;
    _exit(127);
}

/* The init of the namespace: waits for the program, reaping what else ends, tells how it ended, and ends. */
static _Noreturn void run_init(const chost_program *program, const int streams[3], int told) {
    /* Nothing of it outlives its starter, whose thread waits for it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    pid_t main = fork_raw(0, NULL);
    if (main == 0) run_program(program, streams, told);
    report what = {.error = main < 0 ? errno : 0};
    if (main > 0) {
        dup2(told, 3);
        syscall(SYS_close_range, 4u, ~0u, 0u);
        for (int file = 0; file < 3; file++) close(file);
        told = 3;
        pid_t ended;
        do ended = wait4(-1, &what.status, 0, NULL); while (ended != main && (ended > 0 || errno == EINTR));
        if (ended != main) what.error = ECHILD;
    }
    ssize_t written = write(told, &what, sizeof what);
    (void)written;
    _exit(0);
}

/* Takes what is in a pipe. False at its end, or when it holds too much. */
static bool drain(int pipe, chost_text *text, size_t limit, bool *is_over) {
    char chunk[16384];
    ssize_t count;
    while ((count = read(pipe, chunk, sizeof chunk)) > 0 || (count < 0 && errno == EINTR)) {
        if (count < 0) continue;
        if (text->length + (size_t)count > limit) {
            *is_over = true;
            return false;
        }
        if (text->length + (size_t)count > text->capacity) {
            size_t capacity = (text->capacity ? text->capacity * 2 : sizeof chunk) + (size_t)count;
            char *grown = realloc(text->bytes, capacity);
            if (!grown) {
                *is_over = true;
                return false;
            }
            text->bytes = grown;
            text->capacity = capacity;
        }
        memcpy(text->bytes + text->length, chunk, (size_t)count);
        text->length += (size_t)count;
    }
    return count < 0 && errno == EAGAIN;
}

typedef struct course {
    int pidfd;
    int told;
    int out;
    int errors;
} course;

/* Until the program has ended, or is to be given up. */
static int watch(const chost_program *program, course *ends, chost_program_end *end, report *heard, bool *is_told) {
    int64_t deadline = now_ms() + program->patience_ms;
    struct pollfd wanted[5] = {
        {.fd = ends->told, .events = POLLIN}, {.fd = ends->out, .events = POLLIN},
        {.fd = ends->errors, .events = POLLIN}, {.fd = ends->pidfd, .events = POLLIN},
        {.fd = program->cancel, .events = POLLIN}};
    while (true) {
        int64_t left = deadline - now_ms();
        int ready = poll(wanted, 5, left > 0 ? (int)(left < 1000000 ? left : 1000000) : 0);
        if (ready < 0 && errno != EINTR) return errno;
        bool is_over = false;
        if (wanted[1].fd >= 0 && !drain(ends->out, &end->output, program->limit, &is_over)) wanted[1].fd = -1;
        if (wanted[2].fd >= 0 && !drain(ends->errors, &end->errors, program->limit, &is_over)) wanted[2].fd = -1;
        if (is_over) return EMSGSIZE;
        if (ready > 0 && wanted[0].revents) {
            ssize_t count = read(ends->told, heard, sizeof *heard);
            if (count < 0 && errno == EINTR) continue;
            if (count == (ssize_t)sizeof *heard) {
                *is_told = true;
                return 0;
            }
            /* Without an init, that is how exec shows. */
            wanted[0].fd = -1;
        }
        if (ready > 0 && wanted[3].revents) return 0;
        if (ready > 0 && wanted[4].revents) return ECANCELED;
        if (left <= 0) return ETIMEDOUT;
    }
}

/* Ends what is left, and takes the rest of the output, which nobody writes to any more. */
static void settle(pid_t pid, bool has_init, course *ends, const chost_program *program, chost_program_end *end,
                   bool is_ended, int *status) {
    if (!has_init) kill(-pid, SIGKILL);
    if (!is_ended) chost_pidfd_signal(ends->pidfd, SIGKILL);
    struct pollfd gone = {.fd = ends->pidfd, .events = POLLIN};
    int ready;
    do ready = poll(&gone, 1, DEATH_MS); while (ready < 0 && errno == EINTR);
    int found = 0;
    pid_t reaped;
    /* Not at once where a disk hangs: a later wait of the caller's, or its end, reaps it. */
    do reaped = waitpid(pid, &found, WNOHANG); while (reaped < 0 && errno == EINTR);
    if (reaped == pid) *status = found;
    end->is_gone = reaped == pid;
    bool is_over = false;
    if (ends->out >= 0) drain(ends->out, &end->output, program->limit, &is_over);
    drain(ends->errors, &end->errors, program->limit, &is_over);
}

static bool open_pipe(int pipe[2]) {
    if (pipe2(pipe, O_CLOEXEC) != 0) return false;
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    return true;
}

static void close_all(const int files[], int count) {
    for (int index = 0; index < count; index++) if (files[index] >= 0) close(files[index]);
}

int chost_program_run(const chost_program *program, chost_program_end *end) {
    *end = (chost_program_end){0};
    int files[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    if (program->gives_input) files[7] = program->input;
    if (program->gives_output) files[1] = program->output;
    /* They would be overwritten before they are used. */
    if ((program->input >= 0 && program->input < 3) || (program->gives_output && program->output < 3)) {
        close_all(files, 8);
        return EBADF;
    }
    int null = program->input < 0 ? (files[6] = open("/dev/null", O_RDONLY | O_CLOEXEC)) : program->input;
    if (null < 0 || (!program->gives_output && !open_pipe(files)) || !open_pipe(files + 2) || !open_pipe(files + 4)) {
        int error = errno;
        close_all(files, 8);
        return error;
    }
    const int streams[3] = {null, files[1], files[3]};
    course ends = {.pidfd = -1, .out = files[0], .errors = files[2], .told = files[4]};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool has_init = geteuid() == 0;
    pid_t pid = has_init ? fork_raw(CLONE_NEWPID, &ends.pidfd) : -1;
    if (pid == 0) run_init(program, streams, files[5]);
    /* A container may not allow it. */
    if (pid < 0) {
        has_init = false;
        pid = fork_raw(0, &ends.pidfd);
        if (pid == 0) run_program(program, streams, files[5]);
    }
    int error = pid < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (int index = 1; index < 8; index += 2) {
        if (files[index] >= 0) close(files[index]);
        files[index] = -1;
    }
    if (!error) {
        report heard = {0};
        bool is_told = false;
        error = watch(program, &ends, end, &heard, &is_told);
        int status = 0;
        settle(pid, has_init, &ends, program, end, error == 0 && !has_init, &status);
        /* The init may have ended by itself without a word only if it was killed. */
        if (!error && !is_told && has_init)
            is_told = read(ends.told, &heard, sizeof heard) == (ssize_t)sizeof heard;
        if (!error && is_told && heard.error) error = heard.error;
        if (has_init && is_told) status = heard.status;
        if (!error && has_init && !is_told) error = ECHILD;
        end->signalled = WIFSIGNALED(status);
        end->value = end->signalled ? WTERMSIG(status) : WEXITSTATUS(status);
        close(ends.pidfd);
    }
    close_all(files, 8);
    return error;
}

void chost_program_free(chost_program_end *end) {
    free(end->output.bytes);
    free(end->errors.bytes);
    *end = (chost_program_end){0};
}

int chost_text_file(const void *bytes, size_t count) {
    int file = memfd_create("input", MFD_CLOEXEC);
    if (file < 0) return -1;
    size_t done = 0;
    while (done < count) {
        ssize_t written = pwrite(file, (const char *)bytes + done, count - done, (off_t)done);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int error = errno;
            close(file);
            errno = error;
            return -1;
        }
        done += (size_t)written;
    }
    return file;
}

int chost_event(void) {
    return eventfd(0, EFD_CLOEXEC);
}

void chost_event_raise(int event) {
    eventfd_write(event, 1);
}
