/* What a supervisor of processes needs: its signals as a descriptor, and children reaped with what they leave running. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

int chost_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    /* A reader of the log that went away is no reason to die. */
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int chost_take_signal(int descriptor) {
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

int chost_reap_leader(pid_t pid, bool *signalled, int *value) {
    siginfo_t info = {0};
    int result;
    /* Looked at first: while it is not reaped, its group's number cannot pass to another. */
    do result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT); while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (info.si_pid == 0) return 0;
    kill(-pid, SIGKILL);
    do result = waitid(P_PID, (id_t)pid, &info, WEXITED); while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    *signalled = info.si_code != CLD_EXITED;
    *value = info.si_status;
    return 1;
}
