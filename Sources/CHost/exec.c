/* The last step of a child: it becomes another program. */
#include "chost.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

/* Another program that is being started holds what its parent had open until its own exec, for writing, too. */
enum { BUSY_PAUSES = 200, BUSY_PAUSE_NS = 10 * 1000 * 1000 };

void chost_exec(const char *program, char *const *arguments, char *const *environment) {
    for (int pause = 0;; pause++) {
        execve(program, arguments, environment);
        if (errno != ETXTBSY || pause == BUSY_PAUSES) return;
        const struct timespec wait = {.tv_nsec = BUSY_PAUSE_NS};
        nanosleep(&wait, NULL);
        errno = ETXTBSY;
    }
}
