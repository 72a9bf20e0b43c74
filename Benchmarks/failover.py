"""How long writes are out when the primary of a group of three is killed, hangs, or changes its place on request, with eight
writers on. A probing client writes through the endpoint and retries every 5 ms; the figure is the time from the fault to its
first acknowledged write on a connection that it opened after the fault. In a switchover it is the stall between the last
write on the old connection and the first on the new one. For each engine; and whether an acknowledged row is missing after all.
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
from pathlib import Path

from engines import drivers_are_loaded
from figures import against, percentile
from groups import PATH, Group, NotWhole, here
from ledger import RETRY_SECONDS, Writer, missing, written
from pooled import too_little_disk
from roost import ROOT, say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", 50))
TYPES = ["mariadb", "mysql", "postgresql", "redis", "valkey", "mongodb"]
# Acknowledged before a replica has it: a primary that hangs is replaced only if a loss is accepted.
LOSSY = {"redis", "valkey"}
WRITERS = 8
# Of each writer between two rows. At full speed a primary that waits for nobody outruns its replicas on two cores.
PAUSE_MS = float(os.environ.get("BENCH_WRITER_PAUSE_MS", 5))
# So long the group has to be whole again under its writers; then they are held until it is, and the round is counted.
WHOLE_SECONDS = 30
MEMBERS = 3
POOL_GIB = 16
PATIENCE = 120
# So long a hanging primary is left to Roost in the first round. If nothing happens, the others ask for a failover.
HANG_SECONDS = int(os.environ.get("BENCH_HANG_SECONDS", 10))
AIM = {"kill": (80, 300), "stop": (None, 3000), "switchover": (None, 250)}
# Its members elect the primary.
AIM_OF_MONGODB = AIM | {"kill": (300, 1200)}


def measure():
    drivers_are_loaded()
    if reason := too_little_disk(POOL_GIB):
        say(f"failover: skipped: {reason}")
        return {"failover_ms": None, "failover_detail": {"skipped": reason}}
    detail = {engine.type: measure_engine(engine) for engine in here(TYPES, "failover")}
    return {
        "failover_ms": {
            type: {fault: {name: of[fault][name] for name in ("p50", "p99", "max")} for fault in of["faults"]}
            for type, of in detail.items()
        },
        "lost_acknowledged": {type: of["lost_acknowledged"] for type, of in detail.items()},
        "failover_detail": detail,
    }


def measure_engine(engine):
    # Its data and what is kept of it are gone with it, before those of the next engine.
    with Group(POOL_GIB, engine, f"instances: {MEMBERS}") as group:
        url = group.endpoint_url
        client = Probing(engine.type, url, WRITERS)
        client.connect(client.address).prepare()
        told, lost = {"rounds": ROUNDS, "writers": WRITERS, "instances": MEMBERS, "faults": []}, {}
        told["writer_pause_ms"] = PAUSE_MS
        with Writers(engine.type, url) as writers, client:
            for fault in Kill(), Stop(engine.type in LOSSY), Switchover():
                say(f"failover: {ROUNDS} rounds of {fault.name} of {engine.type}")
                figures = rounds(group, writers, client, fault)
                told["faults"].append(fault.name)
                told[fault.name] = figures
                accounts = writers.accounts() + [client.account()]
                now = missing(engine.type, url, accounts)
                lost[fault.name] = now - sum(lost.values())
        told["lost_acknowledged"] = sum(lost.values())
        told["lost_after"] = lost
        told["acknowledged"] = written(accounts)
        told["writers_saw_errors"] = sum(account["errors"] for account in accounts)
    return told


def rounds(group, writers, client, fault):
    found = []
    # The first shows what has to be done; the page cache is warm afterwards.
    for number in range(ROUNDS + 1):
        primary, before = group.primary(), group.newest_failover()
        time.sleep(random.uniform(0.5, 1))  # the fault comes at any moment of the writers' work
        client.wait_for_more()
        result = fault.one_round(group, client, primary["pid"])
        result |= whole_again(group, writers, primary["pid"] if fault.ends_server else None)
        result["timeline"] = group.timeline_after(before)
        group.remove_snapshots()
        if number > 0:
            found.append(result)
    return told(found, fault, AIM_OF_MONGODB if group.engine.type == "mongodb" else AIM)


def whole_again(group, writers, without):
    start = time.monotonic()
    is_held = False
    try:
        group.wait_whole(without, WHOLE_SECONDS)
    except NotWhole as error:
        say(str(error))
        is_held = True
        writers.say("hold")
        group.wait_whole(without)
        writers.say("continue")
    return {"whole_seconds": time.monotonic() - start, "is_held": is_held}


def told(found, fault, aim):
    values = [result["ms"] for result in found]
    p50, p99 = statistics.median(values), percentile(values, 0.99)
    aim50, aim99 = aim[fault.kind]
    figures = {
        "p50": round(p50, 1), "p99": round(p99, 1), "max": round(max(values), 1), "rounds": len(values),
        "p99_against": against(round(p99, 1), aim99),
        "steps_ms": steps(found),
        "whole_again_seconds": round(statistics.median(result["whole_seconds"] for result in found), 2),
        "rounds_whole_only_without_writers": sum(result["is_held"] for result in found),
        "all": [round(value, 1) for value in values],
    }
    if aim50:
        figures["p50_against"] = against(round(p50, 1), aim50)
    if fault.note:
        figures["note"] = fault.note
    return figures


def steps(found):
    """Median of when each step was taken, as Roost's record of the failover tells it: since it knew of the fault. Of the
    rounds that have it."""
    times = {}
    for result in found:
        for step in result["timeline"]:
            times.setdefault(step["step"], []).append(step["milliseconds"])
    return {
        step: {"p50": round(statistics.median(values), 1), "rounds": len(values)} for step, values in times.items()
    }


class Kill:
    """SIGKILL of the server's main process."""

    name = kind = "kill"
    note, ends_server = None, True

    def one_round(self, group, client, pid):
        fault = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return result(client.first_after(fault).end - fault)


class Stop:
    """SIGSTOP of every process of the server. Whether Roost finds that by itself is seen in the first round."""

    kind, ends_server = "stop", True

    def __init__(self, loses):
        self.accepted = {"accept_data_loss": True} if loses else {}
        self.is_asked = None
        self.note = None
        self.name = "stop"

    def one_round(self, group, client, pid):
        stopped = tree(pid)
        fault = time.monotonic()
        try:
            for process in stopped:
                os.kill(process, signal.SIGSTOP)
            if self.is_asked is None:
                self.is_asked = client.first_after(fault, HANG_SECONDS) is None
                self.name = "stop_asked" if self.is_asked else "stop"
                if self.is_asked:
                    self.note = f"'roost failover' was asked for 0 ms after the stop {self.accepted or ''}".strip()
            if self.is_asked:
                group.api.ask("POST", f"{PATH}/failover?wait=ready", self.accepted)
            first = client.first_after(fault)
        finally:
            for process in stopped:
                go_on(process)
        return result(first.end - fault)


class Switchover:
    """`roost promote`: what the client sees is the stall between its last write there and its first here."""

    name = kind = "switchover"
    note, ends_server = None, False

    def one_round(self, group, client, pid):
        fault = time.monotonic()
        group.api.ask("POST", f"{PATH}/promote?wait=ready", {})
        first = client.first_after(fault)
        return result(first.end - client.last_before(first).end)


def result(seconds):
    return {"ms": seconds * 1000}


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
