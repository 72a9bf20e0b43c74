"""Many clones of one template at once: how long until all answer, and what they take of the disk beside what one bare
start of the same server writes.
"""

import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import extents
from engines import ENGINES
from figures import against
from pooled import Pooled, answer_of, bare_address, settle
from roost import say
from templates import add_small

CLONES = int(os.environ.get("BENCH_CLONES", 50))
MEMORY = "192M"
AIM = 3


def measure():
    engine = next(engine for engine in ENGINES if engine.type == "mariadb")
    with Pooled(8) as roost:
        template = add_small(roost, engine, "--memory", MEMORY)
        bare_ms, written, written_stopped = bare_start(roost, engine, template)
        say(f"many: {CLONES} clones at once")
        settle()
        before = roost.used_bytes()
        seconds, latencies = all_at_once(roost, engine, template)
        used = (roost.used_bytes() - before) / CLONES
        exclusive = [item["exclusive_bytes"] for item in roost.storage()["items"] if item["kind"] == "clone"]
    if len(exclusive) != CLONES:
        raise RuntimeError(f"'roost storage info' shows {len(exclusive)} clones of {CLONES}")
    ratio = round(max(exclusive) / written, 3)
    return {
        "many_clones_exclusive_ratio": ratio,
        "many_clones_seconds": round(seconds, 2),
        "many_clones_detail": against(ratio, AIM) | {
            "clones": CLONES,
            "exclusive_bytes": {"p50": int(statistics.median(exclusive)), "max": max(exclusive)},
            "pool_bytes_each": int(used),
            "pool_bytes_ratio": round(used / written, 3),
            "bare_start_writes_bytes": written,
            "bare_start_leaves_bytes": written_stopped,
            "bare_start_ms": round(bare_ms, 1),
            "seconds_in_bare_starts": round(seconds * 1000 / bare_ms, 1),
            "first_answered_ms": round(min(latencies), 1),
        },
    }


def bare_start(roost, engine, template):
    """Milliseconds, and the bytes that are its own once it answers and once it has stopped."""
    clone = roost.clone(template)
    server = roost.bare_server(clone, template)
    roost.remove_clone(clone)
    settle()
    answer = answer_of(engine, bare_address(clone, server))
    took, written = [], []

    def first_answer(process):
        start = time.perf_counter()
        answer(process)
        took.append((time.perf_counter() - start) * 1000)
        written.append(extents.exclusive_bytes(server.copy / "data"))

    server.run(first_answer)
    left = extents.exclusive_bytes(server.copy / "data")
    roost.remove_bare(server)
    return took[0], written[0], left


def all_at_once(roost, engine, template):
    """Seconds until the last of them has answered a query, and milliseconds until each did."""
    gate = threading.Barrier(CLONES + 1)

    def one():
        api = roost.new_connection()
        api.connect()
        gate.wait()
        engine.first_answer(urlsplit(roost.clone(template, api)["url"]))
        return time.perf_counter()

    with ThreadPoolExecutor(CLONES) as threads:
        waiting = [threads.submit(one) for _ in range(CLONES)]
        gate.wait()
        start = time.perf_counter()
        ends = [future.result() for future in waiting]
    return max(ends) - start, [(end - start) * 1000 for end in ends]
