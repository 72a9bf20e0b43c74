"""How long writes are out when the primary of a group of three is killed, hangs, or changes its place on request, with eight
writers on. A probing client writes through the endpoint and retries every 5 ms; the figure is the time from the fault to its
first acknowledged write on a connection that it opened after the fault. In a switchover it is the stall between the last
write on the old connection and the first on the new one. For each engine; and whether an acknowledged row is missing after all.

After each engine of which another make of groups is measured (peers), that one takes the same faults under the same clients.
"""

import os
import statistics
import time

import peers
from engines import drivers_are_loaded
from groups import PATH, Group, here
from outages import (
    MEMBERS, PAUSE_MS, WRITERS, Kill, Load, Stop, any_moment, outage, spread_of, whole_again, wholeness,
)
from pooled import too_little_disk
from roost import say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", 50))
TYPES = ["mariadb", "mysql", "postgresql", "redis", "valkey", "mongodb"]
# Acknowledged before a replica has it: a primary that hangs is replaced only if a loss is accepted.
LOSSY = {"redis", "valkey"}
# So long the group has to be whole again under its writers; then they are held until it is, and the round is counted.
WHOLE_SECONDS = 30
POOL_GIB = 16
# So long a hanging primary is left to Roost in the first round. If nothing happens, the others ask for a failover.
HANG_SECONDS = int(os.environ.get("BENCH_HANG_SECONDS", 10))
# p50 and p99.
AIM = {"kill": (80, 300), "stop": (None, 3000), "switchover": (None, 250)}
# Its members elect the primary.
AIM_OF_MONGODB = AIM | {"kill": (300, 1200)}


def measure():
    drivers_are_loaded()
    if reason := too_little_disk(POOL_GIB):
        say(f"failover: skipped: {reason}")
        return {"failover_ms": None, "failover_detail": {"skipped": reason}}
    detail, beside = {}, {}
    for engine in here(TYPES, "failover"):
        detail[engine.type] = measure_engine(engine)
        beside |= peers.measure(engine.type)
    return {
        "failover_ms": {
            type: {fault: {name: of[fault][name] for name in ("p50", "p99", "max")} for fault in of["faults"]}
            for type, of in detail.items()
        },
        "lost_acknowledged": {type: of["lost_acknowledged"] for type, of in detail.items()},
        "failover_detail": detail,
    } | ({"peers": beside} if peers.ARE_WANTED else {})


def measure_engine(engine):
    # Its data and what is kept of it are gone with it, before those of the next engine.
    with Group(POOL_GIB, engine, f"instances: {MEMBERS}") as group, Load(engine.type, group.endpoint_url) as load:
        told = {"rounds": ROUNDS, "writers": WRITERS, "instances": MEMBERS, "writer_pause_ms": PAUSE_MS, "faults": []}
        for fault in Kill(), AskedStop(engine.type in LOSSY), Switchover():
            say(f"failover: {ROUNDS} rounds of {fault.name} of {engine.type}")
            figures = rounds(group, load, fault)
            told["faults"].append(fault.name)
            told[fault.name] = figures
            load.count_lost(fault.name)
        return told | load.told()


def rounds(group, load, fault):
    found = []
    # The first shows what has to be done; the page cache is warm afterwards.
    for number in range(ROUNDS + 1):
        primary, before = group.primary(), group.newest_failover()
        any_moment()
        load.client.wait_for_more()
        result = fault.one_round(group, load.client, primary["pid"])
        result |= whole_again(group, load.writers, primary["pid"] if fault.ends_server else None, WHOLE_SECONDS)
        result["timeline"] = group.timeline_after(before)
        group.remove_snapshots()
        if number > 0:
            found.append(result)
    return told(found, fault, aims(group.engine.type)[fault.kind])


def aims(type):
    return AIM_OF_MONGODB if type == "mongodb" else AIM


def told(found, fault, aims):
    values = [result["ms"] for result in found]
    figures = spread_of(values, aims) | {"steps_ms": steps(found)} | wholeness(found)
    figures["all"] = [round(value, 1) for value in values]
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


class AskedStop(Stop):
    """Whether Roost finds a hanging server by itself is seen in the first round."""

    def __init__(self, loses):
        super().__init__()
        self.accepted = {"accept_data_loss": True} if loses else {}
        self.is_asked = None

    def first_after(self, group, client, fault):
        if self.is_asked is None:
            self.is_asked = client.first_after(fault, HANG_SECONDS) is None
            self.name = "stop_asked" if self.is_asked else "stop"
            if self.is_asked:
                self.note = f"'roost failover' was asked for 0 ms after the stop {self.accepted or ''}".strip()
        if self.is_asked:
            group.api.ask("POST", f"{PATH}/failover?wait=ready", self.accepted)
        return client.first_after(fault)


class Switchover:
    """`roost promote`: what the client sees is the stall between its last write there and its first here."""

    name = kind = "switchover"
    note, ends_server = None, False

    def one_round(self, group, client, pid):
        fault = time.monotonic()
        group.api.ask("POST", f"{PATH}/promote?wait=ready", {})
        first = client.first_after(fault)
        return outage(client.last_before(first).end, first)
