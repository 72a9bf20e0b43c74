"""What roostd costs when nobody asks anything of it: processor time and memory with 50 services."""

import os
import time
from pathlib import Path

from roost import Roost, say

SERVICES, SECONDS = 50, 60


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proportional_bytes(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no Pss in smaps_rollup")


def measure():
    say(f"idle: {SERVICES} services, then {SECONDS} s of nothing")
    with Roost(first_port=42000) as roost:
        lines = "".join(f"  s{number}: {{type: mysql, memory: 192M}}\n" for number in range(SERVICES))
        folder = roost.application("many", "services:\n" + lines)
        started = time.monotonic()
        roost.roost("push", folder=folder)
        pushed = time.monotonic() - started
        roost.wait_for("the ready directory is back", lambda: roost.ready_directories() >= 1)
        time.sleep(10)
        pids = {"roostd": roost.daemon.pid, "router": roost.router_pid()}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        time.sleep(SECONDS)
        percent = {name: round((cpu_seconds(pid) - before[name]) / SECONDS * 100, 3) for name, pid in pids.items()}
        memory = {name: proportional_bytes(pid) for name, pid in pids.items()}
    return {
        "idle_cpu_percent": percent["roostd"],
        "idle_memory_bytes": memory["roostd"],
        "idle_detail": {
            "aim_cpu_percent": 2.0,
            "services": SERVICES,
            "seconds": SECONDS,
            "push_of_all_seconds": round(pushed, 1),
            "router_cpu_percent": percent["router"],
            "router_memory_bytes": memory["router"],
        },
    }
