"""From the request for a clone that nobody made ahead to its first answered query, beside the bare start of the very same
server on a copy of the template. For each engine.
"""

import statistics
import time
from urllib.parse import urlsplit

from engines import ENGINES, drivers_are_loaded
from figures import ROUNDS
from pooled import Pooled, answer_of, bare_address, settle
from roost import say
from templates import add_small

TYPES = ["mariadb", "postgresql", "mysql", "redis", "mongodb"]
AIM, SLACK_MS = 1.4, 60


def measure():
    drivers_are_loaded()
    detail = {}
    with Pooled(8) as roost:
        for engine in ENGINES:
            if engine.type not in TYPES:
                continue
            if not engine.is_here:
                say(f"clones: there is no build of {engine.type}; scripts/setup --tests makes or fetches it")
                continue
            if engine.add:
                roost.roost("engine", "add", engine.type, str(engine.add))
            detail[engine.type] = measure_engine(roost, engine)
    return {"clone_cold_ratio": {type: of["ratio"] for type, of in detail.items()}, "clone_cold_detail": detail}


def measure_engine(roost, engine):
    say(f"clones: {ROUNDS} rounds of clone and bare start of {engine.type}, interleaved")
    template = add_small(roost, engine)
    cloned, made, bare = [], [], []
    for number in range(ROUNDS + 1):
        clone_ms, made_ms, bare_ms = one_round(roost, engine, template)
        if number > 0:  # the first round warms the page cache for both
            cloned.append(clone_ms)
            made.append(made_ms)
            bare.append(bare_ms)
    clone_median, bare_median = statistics.median(cloned), statistics.median(bare)
    aim_ms = max(AIM * bare_median, bare_median + SLACK_MS)
    return {
        "ratio": round(clone_median / bare_median, 3),
        "clone_to_first_query_ms": round(clone_median, 1),
        "of_it_the_request_ms": round(statistics.median(made), 1),
        "bare_start_to_first_answer_ms": round(bare_median, 1),
        "aim_ms": round(aim_ms, 1),
        "met": clone_median <= aim_ms,
        "rounds": ROUNDS,
        "template_bytes": roost.template(template)["size_bytes"],
        "clone_all_ms": [round(value, 1) for value in cloned],
        "bare_all_ms": [round(value, 1) for value in bare],
    }


def one_round(roost, engine, template):
    """Milliseconds until the clone answers a query, until its request is answered, and until the bare server answers."""
    settle()
    start = time.perf_counter()
    clone = roost.clone(template)
    made = time.perf_counter()
    engine.first_answer(urlsplit(clone["url"]))
    end = time.perf_counter()
    server = roost.bare_server(clone, template)
    roost.remove_clone(clone)
    settle()
    bare_ms = server.run(answer_of(engine, bare_address(clone, server)))
    roost.remove_bare(server)
    return (end - start) * 1000, (made - start) * 1000, bare_ms
