"""What files take of the disk, as the file system itself tells by FIEMAP."""

import array
import fcntl
import os
import struct

FS_IOC_FIEMAP = 0xC020660B
SYNC, LAST, SHARED = 1, 0x1, 0x2000
AT_ONCE = 512
HEAD, EXTENT = struct.Struct("=QQLLLL"), struct.Struct("=QQQQQLLLL")


def of(path, flags=SYNC):
    """(bytes, whether another file has them as well) of each extent."""
    start = 0
    file = os.open(path, os.O_RDONLY)
    try:
        while True:
            room = array.array("B", HEAD.pack(start, (1 << 64) - 1 - start, flags, 0, AT_ONCE, 0))
            room.frombytes(bytes(EXTENT.size * AT_ONCE))
            fcntl.ioctl(file, FS_IOC_FIEMAP, room)
            count = HEAD.unpack_from(room)[3]
            for index in range(count):
                logical, _, length, _, _, told, *_ = EXTENT.unpack_from(room, HEAD.size + index * EXTENT.size)
                yield length, bool(told & SHARED)
                if told & LAST:
                    return
            if count == 0:
                return
            start = logical + length
    finally:
        os.close(file)


def files(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def exclusive_bytes(folder):
    return sum(length for path in files(folder) for length, is_shared in of(path) if not is_shared)


def count(folder):
    """Of a running server, whose writes are not waited for; files that it removes meanwhile count as none."""
    total = 0
    for path in files(folder):
        try:
            total += sum(1 for _ in of(path, flags=0))
        except FileNotFoundError:
            continue
    return total
