"""What a fault of a group's primary does to its clients: the faults, the writers, the client that measures, and the figures.
The same for Roost's groups (failover.py) and for those of other makes (peers).
"""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from figures import against, percentile
from groups import NotWhole
from ledger import RETRY_SECONDS, Writer, missing, written
from roost import ROOT, say

WRITERS = 8
# Of each writer between two rows. At full speed a primary that waits for nobody outruns its replicas on two cores.
PAUSE_MS = float(os.environ.get("BENCH_WRITER_PAUSE_MS", 5))
MEMBERS = 3
PATIENCE = 120


def whole_again(group, writers, without, seconds):
    """The group has to be whole again under its writers within `seconds`. Otherwise they are held until it is."""
    start = time.monotonic()
    is_held = False
    try:
        group.wait_whole(without, seconds)
    except NotWhole as error:
        say(str(error))
        is_held = True
        writers.say("hold")
        group.wait_whole(without)
        writers.say("continue")
    return {"whole_seconds": time.monotonic() - start, "is_held": is_held}


def any_moment():
    """The fault comes at any moment of the writers' work."""
    time.sleep(random.uniform(0.5, 1))


def spread_of(values, aims=(None, None)):
    """`aims`: of p50 and p99."""
    p50, p99 = round(statistics.median(values), 1), round(percentile(values, 0.99), 1)
    figures = {"p50": p50, "p99": p99, "max": round(max(values), 1), "rounds": len(values)}
    for name, value, aim in zip(("p50", "p99"), (p50, p99), aims, strict=True):
        if aim is not None:
            figures[f"{name}_against"] = against(value, aim)
    return figures


def wholeness(found):
    return {
        "whole_again_seconds": round(statistics.median(result["whole_seconds"] for result in found), 2),
        "rounds_whole_only_without_writers": sum(result["is_held"] for result in found),
    }


class Kill:
    """SIGKILL of the server's main process. `seconds`: how long a write is waited for; without it, the lack of one is an
    error."""

    name = kind = "kill"
    note, ends_server = None, True

    def __init__(self, seconds=None):
        self.seconds = seconds

    def one_round(self, group, client, pid):
        fault = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return outage(fault, client.first_after(fault, self.seconds))


class Stop:
    """SIGSTOP of every process of the server. They go on after the first write that another server acknowledged."""

    name = kind = "stop"
    note, ends_server = None, True

    def __init__(self, seconds=None):
        self.seconds = seconds

    def one_round(self, group, client, pid):
        with stopped(pid) as fault:
            first = self.first_after(group, client, fault)
        return outage(fault, first)

    def first_after(self, group, client, fault):
        return client.first_after(fault, self.seconds)


def outage(fault, first):
    return {"ms": None if first is None else (first.end - fault) * 1000}


@contextmanager
def stopped(pid):
    processes = tree(pid)
    fault = time.monotonic()
    try:
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        yield fault
    finally:
        for process in processes:
            go_on(process)


def tree(pid):
    """A process and all below it."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name in brackets: state, parent.
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found


def go_on(pid):
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass  # it was killed and replaced, as it should be


class Load:
    """Eight writers and the client that measures, at one group, and the acknowledged rows that it lost."""

    def __init__(self, type, url):
        self.type, self.url = type, url
        self.client, self.writers = Probing(type, url, WRITERS), Writers(type, url)
        self.lost_after, self.accounts = {}, []

    def __enter__(self):
        self.client.connect(self.client.address).prepare()
        self.writers.__enter__()
        self.client.__enter__()
        return self

    def __exit__(self, *error):
        self.client.__exit__(*error)
        self.writers.__exit__(*error)

    def count_lost(self, fault, url=None):
        """Those that are missing since the last time. `url`: where to count, if not at the endpoint."""
        self.accounts = self.writers.accounts() + [self.client.account()]
        lost = missing(self.type, url or self.url, self.accounts) - sum(self.lost_after.values())
        self.lost_after[fault] = lost
        return lost

    def told(self):
        return {
            "lost_acknowledged": sum(self.lost_after.values()),
            "lost_after": self.lost_after,
            "acknowledged": written(self.accounts),
            "writers_saw_errors": sum(account["errors"] for account in self.accounts),
        }


class Acknowledged:
    def __init__(self, opened, start, end):
        self.opened, self.start, self.end = opened, start, end


class Probing(Writer):
    """A writer of whom each acknowledged write is known with its time."""

    def __init__(self, type, url, index):
        super().__init__(type, url, index, pause=RETRY_SECONDS)
        self.writes = []
        self.changed = threading.Condition()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self.must_end.set()
        self.thread.join(30)

    def note(self, opened, start, end):
        with self.changed:
            self.writes.append(Acknowledged(opened, start, end))
            self.changed.notify_all()

    def wait_for_more(self):
        """The next writes are on a connection that works; those of earlier rounds are forgotten."""
        with self.changed:
            self.writes.clear()
            self.wait(lambda: len(self.writes) > 3, PATIENCE)

    def first_after(self, fault, seconds=None):
        """The first write on a connection that was begun after the fault. With `seconds`: None if it takes longer."""
        with self.changed:
            def found():
                return next((write for write in self.writes if write.opened > fault), None)

            if seconds is not None:
                self.changed.wait_for(found, seconds)
            else:
                self.wait(found, PATIENCE)
            return found()

    def last_before(self, first):
        with self.changed:
            return [write for write in self.writes if write.opened < first.opened][-1]

    def wait(self, condition, seconds):
        if not self.changed.wait_for(condition, seconds):
            raise RuntimeError(f"no write was acknowledged within {seconds} s; the last error: {self.last_error}")


class Writers:
    """In a process of their own: they take nothing from the probing client but processor time."""

    def __init__(self, type, url):
        self.order = {"type": type, "url": url, "writers": WRITERS, "pause_seconds": PAUSE_MS / 1000}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", ROOT / "Benchmarks" / "ledger.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )
        self.say(self.order)
        return self

    def __exit__(self, kind, error, trace):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def say(self, document):
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()

    def accounts(self):
        self.say("account")
        return json.loads(self.process.stdout.readline())
