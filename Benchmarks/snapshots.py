"""How long the writers of a live database of one gigabyte are held up by a snapshot while they write at full speed: where no
other snapshot stands, and where nine do that were taken in a row with random updates between them. Beside each stands what
a plain freeze and copy by reflinks would have cost: the time of such a copy, made right before.
"""

import contextlib
import json
import os
import shutil
import subprocess
import time

import extents
from figures import ROUNDS, against, percentile, spread
from loads import Pgbench, Sysbench
from pooled import Pooled, too_little_disk
from roost import say

LOADS = {"mariadb": Sysbench, "postgresql": Pgbench}
AGE_SECONDS = int(os.environ.get("BENCH_AGE_SECONDS", 60))
IN_A_ROW, LATER = 10, 5
# Of a lone MariaDB the pause is what is to be seen, and not what is done to avoid it.
MAX_PAUSE = {"mariadb": "1s"}
AIM_FRESH_MS, AIM_AGED_MS = 50, {"mariadb": 200, "postgresql": 50}
# Each of the ten may keep a gigabyte that the service has no more.
POOL_GIB = 32
APPLICATION = "shop"


def measure():
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
            detail[type] = {"data_bytes": size(data_of(roost, type)), "fresh": fresh(roost, type, load)}
        # Both at once: they share two cores and the disk, and half of the time is saved.
        with contextlib.ExitStack() as stack:
            for load in loads.values():
                stack.enter_context(load)
            for type, of in aged(roost).items():
                detail[type]["aged"] = of | {"transactions_per_second": loads[type].transactions_per_second()}
                detail[type]["aged_by_default"] = by_default(roost, type)
    return {
        "snapshot_pause_ms": {
            type: {age: of[age]["pause_ms"]["p95"] for age in ("fresh", "aged")} for type, of in detail.items()
        },
        "snapshot_pause_detail": detail,
    }


def fresh(roost, type, load):
    say(f"snapshots: {ROUNDS} of {type} under load, each removed")
    data = data_of(roost, type)
    before = extents.count(data)
    taken, plain = [], []
    with load:
        time.sleep(3)
        for number in range(ROUNDS):
            # Not before each: it ages what is meant to be fresh.
            if number % 4 == 0:
                plain.append(plain_copy_ms(roost, data))
            taken.append(take(roost, type))
            roost.roost("snapshot", "rm", type, taken[-1]["id"], "-A", APPLICATION, "--yes")
        rate = load.transactions_per_second()
    return told(taken, taken, plain, AIM_FRESH_MS) | {
        "extents": {"before": before, "after": extents.count(data)}, "transactions_per_second": rate,
    }


def aged(roost):
    say(f"snapshots: {IN_A_ROW} in a row, {AGE_SECONDS} s between them, of both services")
    taken, plain = {type: [] for type in LOADS}, {type: [] for type in LOADS}
    counts = {}
    for number in range(IN_A_ROW):
        time.sleep(AGE_SECONDS)
        for type in LOADS:
            data = data_of(roost, type)
            counts[type] = extents.count(data)
            plain[type].append(plain_copy_ms(roost, data))
            taken[type].append(take(roost, type, MAX_PAUSE.get(type)))
    return {
        type: told(taken[type], taken[type][-LATER:], plain[type], AIM_AGED_MS[type]) | {
            "in_a_row": IN_A_ROW, "p95_of_the_last": LATER, "tenth_ms": round(taken[type][-1]["pause_milliseconds"], 2),
            "extents_before_the_last": counts[type], "seconds_between": AGE_SECONDS,
            "max_pause": MAX_PAUSE.get(type, "default"),
        }
        for type in LOADS
    }


def by_default(roost, type):
    """What a snapshot of the aged service does that is told nothing of how long it may take."""
    try:
        snapshot = take(roost, type)
    except RuntimeError as refused:
        return {"refused": str(refused)}
    return {name: snapshot[name] for name in ("method", "pause_milliseconds", "seconds")}


def take(roost, type, max_pause=None):
    options = ["--max-pause", max_pause] if max_pause else []
    start = time.perf_counter()
    taken = json.loads(roost.roost("snapshot", "new", type, "-A", APPLICATION, "--json", *options))["items"][0]
    seconds = time.perf_counter() - start
    items = json.loads(roost.roost("snapshot", "ls", type, "-A", APPLICATION, "--json"))["items"]
    return next(item for item in items if item["id"] == taken["id"]) | {"seconds": round(seconds, 2)}


def told(taken, counted, plain, aim):
    pauses = [snapshot["pause_milliseconds"] for snapshot in taken]
    p95 = percentile([snapshot["pause_milliseconds"] for snapshot in counted], 0.95)
    plain = spread(plain, 1)
    return {
        "pause_ms": spread(pauses) | {"p95": round(p95, 2)},
        "methods": sorted({snapshot["method"] for snapshot in taken}),
        "snapshot_seconds": [snapshot["seconds"] for snapshot in taken],
        "plain_ms": plain,
        "ratio_to_plain": round(p95 / plain["p95"], 3),
    } | against(p95, aim)


def plain_copy_ms(roost, data):
    target = roost.pool / "plain"
    start = time.perf_counter()
    # A file that the server removes meanwhile is no reason to end.
    subprocess.run(["cp", "--reflink=always", "-a", data, target], check=False, stderr=subprocess.DEVNULL)
    took = (time.perf_counter() - start) * 1000
    shutil.rmtree(target)
    return took


def data_of(roost, type):
    return roost.pool / "instances" / APPLICATION / f"{type}.0" / "data"


def size(folder):
    return sum(os.path.getsize(path) for path in extents.files(folder))
