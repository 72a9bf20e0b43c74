"""How long the writers of a live database of one gigabyte are held up by a snapshot while they write at full speed: where its
files were never snapshotted, and where nine snapshots stand that were taken in a row with random updates between them. Beside each stands what
a plain freeze and copy by reflinks would have cost: the time of such a copy, made right before, and of fresh data in rounds
of its own; and how long a writer really waited for its longest commit.
"""

import contextlib
import os
import statistics
import time

import extents
from engines import drivers_are_loaded
from figures import ROUNDS, spread
from loads import Pgbench, Sysbench
from pooled import Pooled, too_little_disk
from probe import Probe
from roost import say
from series import Series

LOADS = {"mariadb": Sysbench, "postgresql": Pgbench}
AGE_SECONDS = int(os.environ.get("BENCH_AGE_SECONDS", 60))
IN_A_ROW, LATER = 10, 5
# Beside fresh data; they show what a plain freeze would have cost.
PLAIN_COPIES = 5
# Of a lone MariaDB the pause is what is to be seen, and not what is done to avoid it.
MAX_PAUSE = {"mariadb": "1s"}
AIM_FRESH_MS, AIM_AGED_MS = 50, {"mariadb": 200, "postgresql": 50}
# Each of the ten may keep a gigabyte that the service has no more.
POOL_GIB = 32
APPLICATION = "shop"


def measure():
    drivers_are_loaded()
    if reason := too_little_disk(POOL_GIB):
        say(f"snapshots: skipped: {reason}")
        return {"snapshot_pause_ms": None, "snapshot_pause_detail": {"skipped": reason}}
    with Pooled(POOL_GIB) as roost:
        services = "".join(f"  {type}: {{type: {type}, memory: 1G}}\n" for type in LOADS)
        roost.roost("push", folder=roost.application(APPLICATION, "services:\n" + services))
        variables = roost.variables(APPLICATION)
        loads = {
            type: load(variables[f"{type.upper()}_URL"], roost.folder / f"{type}.log") for type, load in LOADS.items()
        }
        detail = {}
        for type, load in loads.items():
            say(f"snapshots: a gigabyte of {type}")
            load.prepare()
            detail[type] = fresh(roost, type, load)
        for type, of in aged(roost, loads).items():
            detail[type] |= of
    return {
        "snapshot_pause_ms": {
            type: {age: of[age]["pause_ms"]["p95"] for age in ("fresh", "aged")} for type, of in detail.items()
        },
        "snapshot_pause_detail": detail,
    }


def fresh(roost, type, load):
    say(f"snapshots: {ROUNDS} of {type} under load, each of data that were never snapshotted")
    series = Series(roost, APPLICATION, type)
    data_bytes = sum(os.path.getsize(path) for path in extents.files(series.data))
    commits, rates, counts = [], [], []
    for number in range(ROUNDS + PLAIN_COPIES):
        series.lay_anew()
        with load, Probe(load.writer) as probe:
            time.sleep(3)
            counts.append(series.extents())
            if number < ROUNDS:
                series.remove(series.take())
            else:
                series.copy()
            time.sleep(1.5)
            rates.append(load.transactions_per_second()["mean"])
        commits += probe.commits
    probe.commits = commits
    return {
        "data_bytes": data_bytes,
        "fresh": series.told(ROUNDS, probe, AIM_FRESH_MS) | {
            "extents": spread(counts, 0), "transactions_per_second": round(statistics.mean(rates), 1),
        },
    }


def aged(roost, loads):
    """Of both services at once: they share two cores and the disk, and half of the time is saved."""
    say(f"snapshots: {IN_A_ROW} in a row, one every {AGE_SECONDS} s, of both services")
    all = {type: Series(roost, APPLICATION, type) for type in loads}
    with contextlib.ExitStack() as stack:
        for load in loads.values():
            stack.enter_context(load)
        probes = {type: stack.enter_context(Probe(load.writer)) for type, load in loads.items()}
        start = time.monotonic()
        for number in range(IN_A_ROW):
            # From one to the next: while they are looked at and copied, rows are updated as well.
            time.sleep(max(0, start + (number + 1) * AGE_SECONDS - time.monotonic()))
            for type, series in all.items():
                series.copy()
                series.take(MAX_PAUSE.get(type))
        counts = {type: series.extents() for type, series in all.items()}
        rates = {type: load.transactions_per_second() for type, load in loads.items()}
        defaults = {type: by_default(roost, type) for type in loads}
    return {
        type: {
            "aged": series.told(LATER, probes[type], AIM_AGED_MS[type]) | {
                "tenth_ms": round(series.snapshots[-1]["pause_milliseconds"], 2), "seconds_between": AGE_SECONDS,
                "max_pause": MAX_PAUSE.get(type, "default"), "extents_after": counts[type],
                "transactions_per_second": rates[type],
            },
            "aged_by_default": defaults[type],
        }
        for type, series in all.items()
    }


def by_default(roost, type):
    """What a snapshot of the aged service does that is told nothing of how long it may take."""
    try:
        snapshot = Series(roost, APPLICATION, type).take()
    except RuntimeError as refused:
        return {"refused": str(refused)}
    return {name: snapshot[name] for name in ("method", "pause_milliseconds", "seconds")}
