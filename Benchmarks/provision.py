"""From `roost push` of a new service to its first answered query through the endpoint, beside the bare start of the very
same server: a copy of the same ready directory, its generated configuration, its user, its limits. For each engine.
"""

import os
import shutil
import statistics
import subprocess
import time
from urllib.parse import quote, urlsplit

from bare import BareServer
from engines import ENGINES, drivers_are_loaded
from roost import PROGRAMS, Roost, say

ROUNDS = 10
AIM, SLACK_MS = 2.5, 60


def measure():
    drivers_are_loaded()
    engines = {}
    with Roost() as roost:
        for engine in ENGINES:
            if not engine.is_here:
                say(f"provision: there is no build of {engine.type}; scripts/setup --tests makes or fetches it")
                continue
            if engine.add:
                roost.roost("engine", "add", engine.type, str(engine.add))
            engines[engine.type] = measure_engine(roost, engine)
    # The main job's figure, and its own aim: MariaDB, the engine of every bare machine.
    return {"provision_ratio": engines["mariadb"]["ratio"], "provision_aim": 2.0, "provision": engines}


def measure_engine(roost, engine):
    say(f"provision: {ROUNDS} rounds of push and bare start of {engine.type}, interleaved")
    pushed, bare = [], []
    for number in range(ROUNDS + 1):
        push_ms, bare_ms = one_round(roost, engine, f"{engine.type}{number}")
        if number > 0:  # the first round warms the page cache for both
            pushed.append(push_ms)
            bare.append(bare_ms)
    push_median, bare_median = statistics.median(pushed), statistics.median(bare)
    return {
        "ratio": round(push_median / bare_median, 3),
        "aim_ms": round(max(AIM * bare_median, bare_median + SLACK_MS), 1),
        "push_to_first_query_ms": round(push_median, 1),
        "bare_start_to_first_answer_ms": round(bare_median, 1),
        "push_all_ms": [round(value, 1) for value in pushed],
        "bare_all_ms": [round(value, 1) for value in bare],
    }


def one_round(roost, engine, application):
    folder = roost.application(application, f"services:\n  data: {{type: {engine.type}}}\n")
    ready = ready_directory(roost, engine)
    settle()
    copy = roost.folder / "bare" / application
    copy.mkdir(parents=True)
    for path in (copy.parent, copy):
        path.chmod(0o755)
    subprocess.run(["cp", "-a", "--reflink=auto", ready, copy / "data"], check=True)
    os.sync()

    start = time.perf_counter()
    subprocess.run(
        [PROGRAMS / "roost", "push"], cwd=folder, env=roost.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )
    address = urlsplit(roost.variables(application)["DATA_URL"])
    engine.first_answer(address)
    push_ms = (time.perf_counter() - start) * 1000

    pid = roost.info("data", application)["instances"][0]["pid"]
    server = BareServer(roost.home, pid, roost.home / "instances" / application / "data.0", copy)
    # With its application, for each has a system user of its own.
    roost.roost("destroy", "-A", application, "--yes", "--no-keep")
    ready_directory(roost, engine)
    settle()
    own = address._replace(netloc=f"{quote(address.username)}:{quote(address.password)}@127.0.0.1:{server.port}")

    def first_answer(process):
        engine.first_answer(own, is_bare=True)
        if process.poll() is not None:
            raise RuntimeError("another server answered: the bare one has ended")

    bare_ms = server.run(first_answer)
    shutil.rmtree(copy)
    return push_ms, bare_ms


def ready_directory(roost, engine):
    """One that a push would take, once it is there."""
    found = []

    def look():
        found[:] = (roost.home / "ready").glob(f"{engine.type}@*/ready-*")
        return found

    roost.wait_for("a ready directory", look)
    return found[0]


def settle():
    """Nothing of ours may still be writing when the clock starts."""
    os.sync()
    time.sleep(0.5)
