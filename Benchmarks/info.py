"""How long `roost info` takes as a whole process, beside the least a process can take and beside curl on the same path."""

import statistics
import subprocess
import time

from roost import PROGRAMS, Roost, say

ROUNDS = 100


def milliseconds(command, environment):
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


def measure():
    say(f"info: {ROUNDS} rounds of each command, interleaved")
    with Roost() as roost:
        folder = roost.application("ramen", "services:\n  data: {type: mysql}\n")
        roost.roost("push", folder=folder)
        commands = {
            "roost_info": [PROGRAMS / "roost", "info", "data", "-A", "ramen"],
            "true": ["/bin/true"],
            "curl": [
                "curl", "--silent", "--fail", "--unix-socket", roost.home / "roostd.sock",
                "http://localhost/v1/applications/ramen/services/data",
            ],
        }
        times = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(milliseconds(command, roost.environment))
    median = {name: round(statistics.median(values), 2) for name, values in times.items()}
    return {
        "info_ms": median["roost_info"],
        "info_detail": {
            "aim_ms": 20,
            "roost_info_p95_ms": round(statistics.quantiles(times["roost_info"], n=20)[-1], 2),
            "true_ms": median["true"],
            "curl_ms": median["curl"],
            "rounds": ROUNDS,
        },
    }
