/* The guard of a freeze: starting it so that it outlives its parent, and waiting as it does. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { most_files = 8 };

static int spawn_on_pipes(pid_t *pid, const char *program, char *const *arguments, int input, int output) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&actions);
    /* Threads of Swift's concurrency runtime block nearly all signals, and the mask survives exec. */
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int error = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    if (!error) error = posix_spawn(pid, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void close_pipe(const int pipe[2]) {
    close(pipe[0]);
    close(pipe[1]);
}

int chost_spawn_guard(const char *program, char *const *arguments, int *input, int *output) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return -1;
    if (pipe2(out, O_CLOEXEC) != 0) {
        int error = errno;
        close_pipe(in);
        errno = error;
        return -1;
    }
    pid_t pid = 0;
    int pidfd = -1;
    int error = spawn_on_pipes(&pid, program, arguments, in[0], out[1]);
    if (!error) {
        pidfd = chost_pidfd_open(pid);
        if (pidfd < 0) error = errno;
    }
    if (pidfd >= 0) {
        close(in[0]);
        close(out[1]);
        *input = in[1];
        *output = out[0];
        return pidfd;
    }
    /* If it runs, the end of its input tells it to thaw and to end. */
    close_pipe(in);
    close_pipe(out);
    if (pid > 0) while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    errno = error;
    return -1;
}

int chost_await_any(const int *files, int count, int64_t nanoseconds) {
    struct pollfd entries[most_files];
    if (count < 0 || count > most_files) {
        errno = EINVAL;
        return -1;
    }
    for (int index = 0; index < count; index++)
        entries[index] = (struct pollfd){.fd = files[index], .events = POLLIN};
    if (nanoseconds < 0) nanoseconds = 0;
    struct timespec patience = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int result = ppoll(entries, (nfds_t)count, &patience, NULL);
    if (result < 0) return -1;
    for (int index = 0; index < count; index++)
        if (entries[index].revents != 0) return index;
    return count;
}
