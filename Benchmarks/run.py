"""Prints one JSON document: each figure beside the physical limit or the peer that was measured in the same run.

    run.py [NAME…], of those in BENCHMARKS below; without a name: all
"""

import json
import os
import platform
import signal
import subprocess
import sys

import clones
import failover
import idle
import info
import many
import memory
import pools
import provision
import seed
import size
import snapshots
import sync_cost
from roost import ROOT, say


def relay():
    """CPU a query of roost-router and of HAProxy; see Benchmarks/relay."""
    say("relay: roost-router beside HAProxy, one thread each")
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "Benchmarks" / "relay" / "relay_cpu.py"], check=True, stdout=subprocess.PIPE, text=True
    )
    measured = json.loads(done.stdout)
    ratios = {str(result["connections"]): result["ratio"] for result in measured["results"]}
    return {"relay_cpu_ratio": ratios, "relay_detail": measured}


BENCHMARKS = {
    "provision": provision.measure, "relay": relay, "info": info.measure, "idle": idle.measure,
    "memory": memory.measure, "clones": clones.measure, "pools": pools.measure,
    "size": size.measure, "snapshots": snapshots.measure, "many": many.measure,
    "failover": failover.measure, "seed": seed.measure, "sync_cost": sync_cost.measure,
}


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_bytes": memory, "kernel": platform.release(), "load": os.getloadavg()[0]}


def main():
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"unknown benchmark {unknown[0]}; there are: {', '.join(BENCHMARKS)}")
    # Ended from outside, what runs is still stopped and unmounted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    document = {"machine": machine()}
    for name in names:
        document |= BENCHMARKS[name]()
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
