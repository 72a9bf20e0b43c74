/* Where files' bytes are on the disk, as far as it tells what they share. */
#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

/* Some 14 KiB on the stack, and a call for every so many extents. */
enum { BATCH = 256 };

int chost_extents_sum(int file, bool sync, chost_extent_sums *sums) {
    union {
        struct fiemap map;
        char room[sizeof(struct fiemap) + BATCH * sizeof(struct fiemap_extent)];
    } buffer;
    struct fiemap *map = &buffer.map;
    uint64_t next = 0;
    memset(sums, 0, sizeof *sums);
    while (true) {
        memset(map, 0, sizeof *map);
        map->fm_start = next;
        map->fm_length = FIEMAP_MAX_OFFSET - next;
        /* Once is enough: what is written while we walk is not to be waited for. */
        map->fm_flags = sync && next == 0 ? FIEMAP_FLAG_SYNC : 0;
        map->fm_extent_count = BATCH;
        int result;
        do result = ioctl(file, FS_IOC_FIEMAP, map); while (result < 0 && errno == EINTR);
        if (result < 0) return -1;
        uint64_t before = next;
        for (uint32_t i = 0; i < map->fm_mapped_extents; i++) {
            const struct fiemap_extent *extent = &map->fm_extents[i];
            uint64_t end = extent->fe_logical + extent->fe_length;
            /* A file that is written to: an extent may begin before what was asked for, and be counted in part. */
            uint64_t start = extent->fe_logical > next ? extent->fe_logical : next;
            if (end <= start) continue;
            if (extent->fe_flags & FIEMAP_EXTENT_SHARED) sums->shared += end - start;
            else sums->exclusive += end - start;
            next = end;
            if (extent->fe_flags & FIEMAP_EXTENT_LAST) return 0;
        }
        if (next == before) return 0;
    }
}
