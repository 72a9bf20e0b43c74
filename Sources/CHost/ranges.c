/* Where a file's bytes are on the disk, and sharing parts of a file. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    batch = 512, /* extents that one call asks for */
    /* What says nothing about where and what the data is. Any other flag, known today or not, makes an extent unfit to be
       compared by its place. */
    harmless = FIEMAP_EXTENT_LAST | FIEMAP_EXTENT_SHARED | FIEMAP_EXTENT_MERGED
};

typedef union request {
    struct fiemap map;
    char bytes[sizeof(struct fiemap) + batch * sizeof(struct fiemap_extent)];
} request;

typedef struct list {
    chost_extent *extents;
    size_t count, capacity;
} list;

static int append(list *to, const struct fiemap *map) {
    if (to->count + map->fm_mapped_extents > to->capacity) {
        size_t capacity = to->capacity * 2 + map->fm_mapped_extents;
        chost_extent *larger = realloc(to->extents, capacity * sizeof *larger);
        if (!larger) return -1;
        to->extents = larger;
        to->capacity = capacity;
    }
    for (unsigned index = 0; index < map->fm_mapped_extents; index++) {
        const struct fiemap_extent *extent = &map->fm_extents[index];
        to->extents[to->count++] = (chost_extent){
            .start = extent->fe_logical,
            .length = extent->fe_length,
            .place = extent->fe_physical,
            .is_plain = (extent->fe_flags & ~(uint32_t)harmless) == 0,
        };
    }
    return 0;
}

static ssize_t fail(list *what) {
    int error = errno;
    free(what->extents);
    errno = error;
    return -1;
}

ssize_t chost_extents(int file, uint64_t from, uint64_t to, chost_extent **extents) {
    request request;
    list found = {0};
    /* Written back once: what is dirtied after that shows as delayed, which is not plain. */
    uint32_t flags = FIEMAP_FLAG_SYNC;
    while (from < to) {
        memset(&request.map, 0, sizeof request.map);
        request.map.fm_start = from;
        request.map.fm_length = to - from;
        request.map.fm_flags = flags;
        request.map.fm_extent_count = batch;
        if (ioctl(file, FS_IOC_FIEMAP, &request.map) != 0) {
            if (errno == EINTR) continue;
            return fail(&found);
        }
        if (request.map.fm_mapped_extents == 0) break;
        if (append(&found, &request.map) != 0) return fail(&found);
        const struct fiemap_extent *last = &request.map.fm_extents[request.map.fm_mapped_extents - 1];
        if (last->fe_flags & FIEMAP_EXTENT_LAST) break;
        from = last->fe_logical + last->fe_length;
        flags = 0;
    }
    *extents = found.extents;
    return (ssize_t)found.count;
}

int chost_clone_range(int target, int source, off_t offset, off_t length) {
    struct file_clone_range range = {
        .src_fd = source,
        .src_offset = (uint64_t)offset,
        .src_length = (uint64_t)length,
        .dest_offset = (uint64_t)offset,
    };
    return ioctl(target, FICLONERANGE, &range);
}

int chost_write_back(int file) {
    return sync_file_range(
        file, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}
