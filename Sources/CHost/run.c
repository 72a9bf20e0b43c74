/* Runs short programs: with a deadline, and what they print kept for an error's text. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* For a killed program to be gone; one that waits for a disk may take longer, and is then left. */
enum { DEATH_MS = 5000 };

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In a group of its own, with the signals as a program expects them: the caller's thread may block nearly all. */
static int start(const char *program, char *const *arguments, int output, pid_t *pid) {
    static char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 2);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    if (!error) error = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Takes what is in the pipe, and drops what has no room. False at its end. */
static bool drain(int pipe, char *output, size_t capacity, size_t *length) {
    char chunk[1024];
    ssize_t count;
    while ((count = read(pipe, chunk, sizeof chunk)) > 0 || (count < 0 && errno == EINTR)) {
        size_t room = capacity - 1 - *length;
        if (count < 0 || room == 0) continue;
        size_t taken = (size_t)count < room ? (size_t)count : room;
        memcpy(output + *length, chunk, taken);
        *length += taken;
    }
    return count < 0 && errno == EAGAIN;
}

/* Waits for the program's end, by its pidfd: another program may hold the pipe for longer. True once it has ended. */
static bool wait_end(int pidfd, int pipe, int patience_ms, char *output, size_t capacity) {
    size_t length = 0;
    struct pollfd wanted[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = pipe, .events = POLLIN}};
    int64_t deadline = now_ms() + patience_ms;
    while (true) {
        int64_t left = deadline - now_ms();
        int ready = poll(wanted, 2, left > 0 ? (int)left : 0);
        if (ready < 0 && errno == EINTR) continue;
        bool open = drain(pipe, output, capacity, &length);
        output[length] = 0;
        if (!open) wanted[1].fd = -1;
        if (ready > 0 && wanted[0].revents) return true;
        if (ready <= 0 && left <= 0) return false;
    }
}

static int finish(pid_t pid, int pipe, int patience_ms, char *output, size_t capacity) {
    int pidfd = chost_pidfd_open(pid);
    if (pidfd < 0) {
        int error = errno;
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
        errno = error;
        return -1;
    }
    bool ended = wait_end(pidfd, pipe, patience_ms, output, capacity);
    if (!ended) {
        kill(-pid, SIGKILL);
        struct pollfd end = {.fd = pidfd, .events = POLLIN};
        poll(&end, 1, DEATH_MS);
    }
    bool signalled = false;
    int value = 0;
    int reaped = chost_reap(pidfd, &signalled, &value);
    close(pidfd);
    if (!ended) errno = ETIMEDOUT;
    if (!ended || reaped != 1) return -1;
    return signalled ? 128 + value : value;
}

int chost_run(const char *program, char *const *arguments, int patience_ms, char *output, size_t capacity) {
    int pipe[2];
    pid_t pid;
    output[0] = 0;
    if (pipe2(pipe, O_CLOEXEC) != 0) return -1;
    fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    int error = start(program, arguments, pipe[1], &pid);
    close(pipe[1]);
    int result = -1;
    if (!error) {
        result = finish(pid, pipe[0], patience_ms, output, capacity);
        error = errno;
    }
    close(pipe[0]);
    errno = error;
    return result;
}
