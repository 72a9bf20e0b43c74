#!/usr/bin/python3
"""A writer whose files show, in any image of them, whether the image is of one moment.

    image_workload.py write FOLDER [--direct] [--synced] [--blocks N] [--rate N]   until killed, or until its starter dies
    image_workload.py look FOLDER                                        prints how far it has come
    image_workload.py check IMAGE BEFORE AFTER                           BEFORE, AFTER: what `look` printed then

--synced: each write is on the disk before the next begins.

Everything is done by one thread, step by step, so of two files that are written in turn the second is never ahead and
never more than one step behind.

    records.a, records.b   step n appends record n to a, then to b
    pair.a, pair.b         step n overwrites some block of a with n all over, then the same block of b
    holes.a, holes.b       step n writes, punches or cuts off blocks, or appends some, first in a, then in b
    left, right, third     two files that change their names in turn, and are overwritten with n in that order
    current                is replaced by a new file full of n, by renaming
    churn/N                file n is made, then file n - 4 is removed
"""
import ctypes
import json
import mmap
import os
import random
import struct
import sys
import time

BLOCK = 4096
RECORD = 64
HOLES = 64
SWAPPED = 40 * BLOCK
SYNCED = os.O_SYNC if "--synced" in sys.argv else 0
libc = ctypes.CDLL(None, use_errno=True)


def block_of(number):
    return struct.pack("<Q", number) * (BLOCK // 8)


def number_of(block):
    """The number that a block is full of; an image of half a write ends here."""
    number = struct.unpack_from("<Q", block)[0]
    assert block == struct.pack("<Q", number) * (len(block) // 8), "a block holds two writes"
    return number


def numbers_of(path):
    with open(path, "rb") as file:
        data = file.read()
    assert len(data) % BLOCK == 0, f"{path} ends within a block"
    return [number_of(data[at:at + BLOCK]) for at in range(0, len(data), BLOCK)]


def fill(path, data):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SYNCED, 0o644), "wb") as file:
        file.write(data)


class Writer:
    def __init__(self, folder, direct, blocks):
        os.chdir(folder)
        self.random = random.Random(7)
        self.blocks = blocks
        flags = os.O_RDWR | os.O_CREAT | SYNCED | (os.O_DIRECT if direct else 0)
        self.buffer = mmap.mmap(-1, BLOCK)
        self.pairs = [os.open(name, flags, 0o640) for name in ("pair.a", "pair.b")]
        for file in self.pairs:
            for block in range(blocks):
                self.put(file, block, 0)
        self.records = [os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | SYNCED, 0o600) for name in ("records.a", "records.b")]
        self.holes = [os.open(name, os.O_RDWR | os.O_CREAT | SYNCED) for name in ("holes.a", "holes.b")]
        self.length = 0
        os.mkdir("churn")
        for name in ("left", "right"):
            fill(name, block_of(0) * (SWAPPED // BLOCK))
        self.names = ["left", "right", "third"]
        self.replace_current(0)

    def put(self, file, block, number):
        self.buffer[:] = block_of(number)
        os.pwritev(file, [self.buffer], block * BLOCK)

    def step(self, n):
        record = struct.pack("<Q", n) * (RECORD // 8)
        for file in self.records:
            os.write(file, record)
            if n % 16 == 0:
                os.fsync(file)
        block = self.random.randrange(self.blocks)
        for file in self.pairs:
            self.put(file, block, n)
        if n % 3 == 0:
            self.step_holes(n)
        if n % 5 == 0:
            self.step_names(n)
        if n % 7 == 0:
            self.replace_current(n)
            fill(f"churn/{n // 7}", block_of(n) * 20)
            if n // 7 > 4:
                os.unlink(f"churn/{n // 7 - 4}")

    def step_holes(self, n):
        what = self.random.randrange(8)
        block = self.random.randrange(HOLES)
        many = self.random.randrange(1, 9)
        for file in self.holes:
            if what < 4 or self.length == 0:
                os.pwrite(file, block_of(n), block * BLOCK)
            elif what < 6:
                # FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
                offset, length = ctypes.c_long(block * BLOCK), ctypes.c_long(many * BLOCK)
                assert libc.fallocate(file, 3, offset, length) == 0, os.strerror(ctypes.get_errno())
            else:
                os.ftruncate(file, block * BLOCK)
        self.length = os.fstat(self.holes[0]).st_size

    def step_names(self, n):
        """The one in third place is free: what was first moves there, and so on."""
        here = [name for name in self.names if os.path.exists(name)]
        free = next(name for name in self.names if name not in here)
        moved = here[self.random.randrange(2)]
        os.rename(moved, free)
        # Through a descriptor, block by block: an image that mixes the files up would show.
        file = os.open(free, os.O_WRONLY | SYNCED)
        for block in range(0, SWAPPED // BLOCK, 8):
            os.pwrite(file, block_of(n), block * BLOCK)
        os.close(file)

    def replace_current(self, n):
        fill("current.new", block_of(n) * 30)
        os.rename("current.new", "current")


def write(folder, direct, blocks, rate):
    starter = os.getppid()
    writer = Writer(folder, direct, blocks)
    open("ready", "w").close()
    n = 0
    start = time.monotonic()
    while os.getppid() == starter:
        n += 1
        writer.step(n)
        ahead = n / rate - (time.monotonic() - start) if rate else 0
        if ahead > 0.002:
            time.sleep(ahead)


def look(folder):
    """Counters that only grow. Looked at while it writes, each is one that it had meanwhile."""
    os.chdir(folder)
    return {
        "records.a": os.path.getsize("records.a") // RECORD,
        "records.b": os.path.getsize("records.b") // RECORD,
        "pair.a": max(numbers_of("pair.a")),
        "pair.b": max(numbers_of("pair.b")),
    }


def look_while_it_writes(folder):
    """Not every file system keeps a read from seeing half of a write (btrfs does not)."""
    folder = os.path.abspath(folder)
    for _ in range(20):
        try:
            return look(folder)
        except AssertionError:
            continue
    return look(folder)


def check_records():
    lengths = []
    for name in ("records.a", "records.b"):
        with open(name, "rb") as file:
            data = file.read()
        count = len(data) // RECORD
        assert len(data) % RECORD == 0, f"{name} ends within a record"
        expected = b"".join(struct.pack("<Q", n) * (RECORD // 8) for n in range(1, count + 1))
        assert data == expected, f"{name} misses a record"
        lengths.append(count)
    assert 0 <= lengths[0] - lengths[1] <= 1, f"records {lengths}"
    return lengths


def check_pair(steps):
    a, b = numbers_of("pair.a"), numbers_of("pair.b")
    assert len(a) == len(b), "the pair's files differ in size"
    differing = [(x, y) for x, y in zip(a, b) if x != y]
    assert len(differing) <= 1, f"{len(differing)} blocks of the pair differ"
    for x, y in differing:
        assert x == max(a) and x > max(b), f"the block written last is not the one that differs: {x}, {y}"
    assert 0 <= max(a) - max(b) <= 1, f"pair {max(a)}, {max(b)}"
    assert 0 <= steps[0] - max(a) <= 1, f"{steps[0]} records, and the pair is at {max(a)}"


def check_holes():
    a, b = (open(name, "rb").read() for name in ("holes.a", "holes.b"))
    common = min(len(a), len(b))
    numbers = [[number_of(data[at:at + BLOCK]) for at in range(0, common, BLOCK)] for data in (a, b)]
    differing = sum(x != y for x, y in zip(*numbers))
    # A punch may be of eight blocks.
    assert differing <= 8 and (len(a) == len(b) or differing == 0), f"{differing} blocks around holes differ"


def check_names(steps):
    here = [name for name in ("left", "right", "third") if os.path.exists(name)]
    assert len(here) == 2, f"of the two files that change names there are {here}"
    for name in here:
        numbers = numbers_of(name)
        assert len(numbers) == SWAPPED // BLOCK, f"{name} has {len(numbers)} blocks"
        written = numbers[::8]
        assert written == sorted(written, reverse=True) and len(set(written)) <= 2, f"{name} holds {written}"
        assert all(n == 0 for at, n in enumerate(numbers) if at % 8), f"{name} holds what was not written to it"
    current = numbers_of("current")
    assert len(set(current)) == 1 and len(current) == 30, "a file that was renamed when whole is not whole"
    assert 0 <= steps[0] - current[0] <= 8, f"{steps[0]} records, and current is of step {current[0]}"
    churn = sorted(int(name) for name in os.listdir("churn"))
    if churn:
        assert churn == list(range(churn[0], churn[-1] + 1)) and len(churn) <= 5, f"files {churn}"
        assert 0 <= steps[0] // 7 - churn[-1] <= 1, f"{steps[0]} records, and files {churn}"
        for n in churn[:-1]:
            assert numbers_of(f"churn/{n}") == [n * 7] * 20, f"file {n} is not whole"


def check(image, before, after):
    found = look(image)
    for key in found:
        assert before[key] <= found[key], f"{key}: {found[key]} in the image, {before[key]} were written before it began"
        assert found[key] <= after[key], f"{key}: {found[key]} in the image, {after[key]} when it had ended"
    steps = check_records()
    check_pair(steps)
    check_holes()
    check_names(steps)


def option(name, otherwise):
    return int(sys.argv[sys.argv.index(name) + 1]) if name in sys.argv else otherwise


if sys.argv[1] == "write":
    write(sys.argv[2], "--direct" in sys.argv, option("--blocks", 512), option("--rate", 0))
elif sys.argv[1] == "look":
    print(json.dumps(look_while_it_writes(sys.argv[2])))
else:
    check(sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4]))
