"""What two applications with five different services each take: the proportional set sizes of all that runs for them."""

import time
from pathlib import Path

from engines import ENGINES
from idle import proportional_bytes
from roost import Roost, say

AIM = 3 << 30
TYPES = ["mariadb", "postgresql", "redis", "valkey", "mongodb"]


def measure():
    engines = [engine for engine in ENGINES if engine.type in TYPES and engine.is_here]
    say(f"memory: two applications with {len(engines)} services each")
    with Roost(first_port=43000) as roost:
        for engine in engines:
            if engine.add:
                roost.roost("engine", "add", engine.type, str(engine.add))
        services = "".join(f"  {engine.type}: {{type: {engine.type}}}\n" for engine in engines)
        for application in ("soup", "salad"):
            folder = roost.application(application, "services:\n" + services)
            roost.roost("push", folder=folder)
        time.sleep(5)  # What a start leaves behind is given back.
        pids = processes_of(roost)
        sizes = {}
        for pid, name in pids.items():
            sizes[name] = sizes.get(name, 0) + proportional_bytes(pid)
    return {
        "memory_bytes": sum(sizes.values()),
        "memory_detail": {
            "aim_bytes": AIM, "applications": 2, "services_each": len(engines), "processes": len(pids),
            "by_program_bytes": dict(sorted(sizes.items(), key=lambda item: -item[1])),
        },
    }


def processes_of(roost):
    """roostd, its router, and every server with the processes that it started."""
    parents, names = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            names[int(folder.name)] = (folder / "comm").read_text().strip()
        except OSError:
            continue  # it ended meanwhile
        parents[int(folder.name)] = int(fields[1])
    roots = {roost.daemon.pid, roost.router_pid()}
    for application in ("soup", "salad"):
        services = roost.info_of_all(application)
        roots |= {instance["pid"] for service in services for instance in service["instances"]}
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found and pid not in found}:
        found |= more
    return {pid: names[pid] for pid in found}
