/* Files: reflinks, holes, and opening and renaming without being led astray. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int chost_clone_file(int target, int source) {
    return ioctl(target, FICLONE, source);
}

int chost_collapse_head(int file, off_t length) {
    return fallocate(file, FALLOC_FL_COLLAPSE_RANGE, 0, length);
}

off_t chost_next_data(int file, off_t offset) {
    return lseek(file, offset, SEEK_DATA);
}

off_t chost_next_hole(int file, off_t offset) {
    return lseek(file, offset, SEEK_HOLE);
}

int chost_start_writeback(int file) {
    return sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int chost_open_below(int folder, const char *path, chost_open what) {
    struct open_how how = {
        .flags = O_CLOEXEC | O_NOFOLLOW,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
    };
    switch (what) {
    case CHOST_OPEN_FOLDER: how.flags |= O_RDONLY | O_DIRECTORY; break;
    case CHOST_OPEN_FILE: how.flags |= O_RDONLY | O_NONBLOCK | O_NOCTTY; break;
    case CHOST_OPEN_HANDLE: how.flags |= O_PATH; break;
    }
    long result;
    /* EAGAIN: something was renamed meanwhile, so the kernel could not tell whether we stayed below. */
    for (int attempt = 0; attempt < 32; attempt++) {
        result = syscall(SYS_openat2, folder, path, &how, sizeof how);
        if (result >= 0 || (errno != EAGAIN && errno != EINTR)) break;
    }
    return (int)result;
}

int chost_change_owner(int handle, uid_t user, gid_t group) {
    return fchownat(handle, "", user, group, AT_EMPTY_PATH);
}

int chost_rename_new(int from_folder, const char *from, int to_folder, const char *to) {
    return renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE);
}
