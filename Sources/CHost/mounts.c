/* Loop devices and the file systems on them, for the pool. Only root may do most of it. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t chost_mount_id(const char *path) {
    struct statx found;
    if (statx(AT_FDCWD, path, 0, STATX_MNT_ID, &found) != 0 || !(found.stx_mask & STATX_MNT_ID)) return 0;
    return found.stx_mnt_id;
}

/* What is busy may be so only by a child that another thread has just forked: it holds each of our descriptors until it
   runs its program, and what we closed is not closed before. True while it is worth another try. */
static bool still_busy(int result, int *attempt) {
    enum { ATTEMPTS = 250, PAUSE_US = 2000 };
    if (result == 0 || errno != EBUSY || ++*attempt == ATTEMPTS) return false;
    usleep(PAUSE_US);
    return true;
}

/* Runs one command of the loop driver's own device. */
static int loop_control(unsigned long command, long number) {
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -1;
    int result = ioctl(control, command, number);
    int error = errno;
    close(control);
    errno = error;
    return result;
}

int chost_loop_free(void) {
    return loop_control(LOOP_CTL_GET_FREE, 0);
}

int chost_loop_bind(int loop, int file, const char *name) {
    struct loop_config config = {
        .fd = (uint32_t)file,
        .info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
    };
    strncpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE - 1);
    if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) return 0;
    /* Most kernels then go without direct I/O by themselves. */
    if (errno != EINVAL) return -1;
    config.info.lo_flags &= ~(uint32_t)LO_FLAGS_DIRECT_IO;
    return ioctl(loop, LOOP_CONFIGURE, &config);
}

int chost_loop_look(int loop, chost_loop_status *status) {
    struct loop_info64 info;
    if (ioctl(loop, LOOP_GET_STATUS64, &info) != 0) return -1;
    status->device = info.lo_device;
    status->inode = info.lo_inode;
    status->whole = info.lo_offset == 0 && info.lo_sizelimit == 0 && !(info.lo_flags & LO_FLAGS_READ_ONLY);
    return 0;
}

int chost_loop_resize(int loop) {
    return ioctl(loop, LOOP_SET_CAPACITY, 0);
}

int chost_loop_renew(int number) {
    int result, attempt = 0;
    do result = loop_control(LOOP_CTL_REMOVE, number); while (still_busy(result, &attempt));
    if (result < 0) return -1;
    return loop_control(LOOP_CTL_ADD, number) < 0 ? -1 : 0;
}

int chost_device_size(int device, uint64_t *size) {
    return ioctl(device, BLKGETSIZE64, size);
}

int chost_reserve(int file, off_t size) {
    int result;
    do result = fallocate(file, FALLOC_FL_KEEP_SIZE, 0, size); while (result < 0 && errno == EINTR);
    return result;
}

int chost_mount_xfs(const char *device, const char *folder) {
    return mount(device, folder, "xfs", MS_NOATIME | MS_NODEV | MS_NOSUID, "nodiscard");
}

int chost_unmount(const char *folder) {
    int result, attempt = 0;
    do result = umount2(folder, UMOUNT_NOFOLLOW); while (still_busy(result, &attempt));
    return result;
}

/* The first form of XFS's answer about its geometry, which every kernel gives; its header is in a package of its own. */
struct xfs_geometry {
    uint32_t block_size;
    uint32_t of_groups_and_log[7];
    uint64_t data_blocks;
    uint64_t of_realtime_and_identity[5];
    uint32_t of_layout[8];
};
_Static_assert(sizeof(struct xfs_geometry) == 112, "the size is part of the ioctl's number");

int chost_xfs_size(int file, uint64_t *size) {
    struct xfs_geometry geometry;
    if (ioctl(file, _IOR('X', 100, struct xfs_geometry), &geometry) != 0) return -1;
    *size = geometry.data_blocks * geometry.block_size;
    return 0;
}
