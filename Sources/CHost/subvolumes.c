/* Subvolumes of btrfs: trees that the file system snapshots as a whole. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

enum { longest_name = 255 };

int chost_is_btrfs(int file) {
    struct statfs status;
    if (fstatfs(file, &status) != 0) return -1;
    return (unsigned)status.f_type == BTRFS_SUPER_MAGIC;
}

/* A name and nothing more: the kernel refuses a `/` in it by itself. */
static int fits(const char *name) {
    if (strlen(name) <= longest_name) return 1;
    errno = ENAMETOOLONG;
    return 0;
}

int chost_make_subvolume(int parent, const char *name) {
    struct btrfs_ioctl_vol_args request = {0};
    if (!fits(name)) return -1;
    strcpy(request.name, name);
    return ioctl(parent, BTRFS_IOC_SUBVOL_CREATE, &request);
}

int chost_snapshot_subvolume(int parent, const char *name, int source) {
    struct btrfs_ioctl_vol_args_v2 request = {.fd = source};
    if (!fits(name)) return -1;
    strcpy(request.name, name);
    return ioctl(parent, BTRFS_IOC_SNAP_CREATE_V2, &request);
}

int chost_remove_subvolume(int parent, const char *name) {
    struct btrfs_ioctl_vol_args request = {0};
    if (!fits(name)) return -1;
    strcpy(request.name, name);
    return ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &request);
}
