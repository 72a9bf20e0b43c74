/* A server's own view of the file system: what is not its own is hidden or cannot be written to. Run in the child between
   clone and exec, as root: system calls only, as in spawn.c. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <sys/mount.h> and <linux/mount.h> do not go together in every libc. */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

enum { MOST_KEPT = 8 };

/* Where everybody writes, and the kernel's own files. */
static const char *const shared[] = {"/tmp", "/var/tmp", "/dev/shm", "/proc", "/run/lock"};
enum { SHARED = sizeof shared / sizeof shared[0] };

static int open_clone(const char *path) {
    return (int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int set_read_only(const char *path, bool on, unsigned flags) {
    struct mount_attr attributes = {0};
    *(on ? &attributes.attr_set : &attributes.attr_clr) = MOUNT_ATTR_RDONLY;
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attributes, sizeof attributes);
}

/* Makes the folders of a path that are missing. */
static bool make_folders(const char *path) {
    char text[PATH_MAX];
    size_t length = strnlen(path, sizeof text);
    if (length == sizeof text) return false;
    memcpy(text, path, length + 1);
    for (char *at = text + 1; *at; at++) {
        if (*at != '/') continue;
        *at = 0;
        if (mkdir(text, 0711) != 0 && errno != EEXIST && errno != EROFS) return false;
        *at = '/';
    }
    return mkdir(text, 0711) == 0 || errno == EEXIST;
}

static const char *put_kept(const chost_view *view, const int trees[]) {
    for (int index = 0; view->kept[index]; index++) {
        const char *path = view->kept[index];
        if (syscall(SYS_move_mount, trees[index], "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) != 0)
            return "show the server its own folders";
        close(trees[index]);
    }
    return NULL;
}

const char *chost_enter_view(const chost_view *view, bool *refused) {
    int trees[MOST_KEPT];
    int count = 0;
    *refused = false;
    if (unshare(CLONE_NEWNS) != 0) {
        *refused = true;
        return "make a mount namespace";
    }
    /* Unmounts of the machine still arrive where its mounts are shared, so that no server holds a disk for ever. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) return "detach its mounts";
    for (; view->kept[count]; count++) {
        if (count == MOST_KEPT) return "keep so many folders";
        if ((trees[count] = open_clone(view->kept[count])) < 0) return "take hold of its folders";
    }
    for (int index = 0; index < SHARED; index++)
        if (access(shared[index], F_OK) == 0 && mount(shared[index], shared[index], NULL, MS_BIND | MS_REC, NULL) != 0)
            return "keep the shared folders";
    for (char *const *path = view->hidden; *path; path++) {
        /* The folder of another home may have gone meanwhile. */
        if (access(*path, F_OK) != 0) continue;
        if (mount("none", *path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=711") != 0)
            return "hide what is not its own";
    }
    for (int index = 0; index < count; index++)
        if (!make_folders(view->kept[index])) return "make places for its folders";
    /* Before Linux 5.12 there is no such call: then it is as the rights of files have it. */
    if (set_read_only("/", true, AT_RECURSIVE) == 0) {
        for (int index = 0; index < SHARED; index++)
            if (access(shared[index], F_OK) == 0 && set_read_only(shared[index], false, 0) != 0)
                return "open the shared folders";
    } else if (errno != ENOSYS) {
        return "close what is not its own";
    }
    return put_kept(view, trees);
}
