"""Commits a second of a group of two whose commits wait for the replica (`durability: sync`), beside the same group without
(`async`), in turns: one row a commit, by 1, 8 and 64 clients.
"""

import os
import statistics
import subprocess
import time
from urllib.parse import unquote, urlsplit

from engines import drivers_are_loaded
from groups import Group, here
from loads import Pgbench, Sysbench
from pooled import too_little_disk
from roost import say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", 5))
SECONDS = int(os.environ.get("BENCH_SYNC_SECONDS", 5))
CLIENTS = [1, 8, 64]
GIGABYTES = 0.1
POOL_GIB = 8


class OneRow(Sysbench):
    test = "oltp_update_non_index"


class OneRowOfPostgreSQL(Pgbench):
    @property
    def script(self):
        path = self.log.with_suffix(".sql")
        path.write_text(
            f"\\set aid random(1, {self.scale * 100_000})\n"
            "update pgbench_accounts set abalance = abalance + 1 where aid = :aid;\n")
        return ["--file", str(path)]


class RedisBenchmark:
    """So many requests as it answers in the time, which the first few tell."""

    def __init__(self, url, log, gigabytes, clients):
        self.address, self.clients = urlsplit(url), clients

    def prepare(self):
        pass

    def rate(self):
        return self.run(max(self.clients, round(self.run(1000) * SECONDS)))

    def run(self, requests):
        done = subprocess.run(
            ["redis-benchmark", "-h", self.address.hostname, "-p", str(self.address.port), "--user",
             unquote(self.address.username), "-a", unquote(self.address.password), "-c", str(self.clients), "-n",
             str(requests), "-r", "100000", "--csv", "SET", "row:__rand_int__", "1"],
            check=True, capture_output=True, text=True,
        )
        # "SET row:__rand_int__ 1","12345.67","0.5",…
        return float(done.stdout.strip().splitlines()[-1].split(",")[1].strip('"'))


LOADS = {
    "mariadb": OneRow, "mysql": OneRow, "postgresql": OneRowOfPostgreSQL, "redis": RedisBenchmark,
    "valkey": RedisBenchmark,
}


def measure():
    drivers_are_loaded()
    if reason := too_little_disk(POOL_GIB):
        say(f"sync_cost: skipped: {reason}")
        return {"sync_cost": None, "sync_cost_detail": {"skipped": reason}}
    detail = {engine.type: measure_engine(engine) for engine in here(LOADS, "sync_cost")}
    return {
        "sync_cost": {type: of.get("sync_by_async") for type, of in detail.items()}, "sync_cost_detail": detail,
    }


def measure_engine(engine):
    say(f"sync_cost: {ROUNDS} rounds of sync and async of {engine.type}, in turns")
    with Group(POOL_GIB, engine, keys("sync")) as group:
        loads = [LOADS[engine.type](group.url, group.folder / "load.log", GIGABYTES, count) for count in CLIENTS]
        try:
            loads[0].prepare()
        except subprocess.CalledProcessError:
            return {"skipped": f"its load cannot sign on: {loads[0].log.read_text()[-300:]}"}
        found = {durability: {count: [] for count in CLIENTS} for durability in ("sync", "async")}
        for _ in range(ROUNDS):
            for durability, rates in found.items():
                group.push(keys(durability))
                for count, load in zip(CLIENTS, loads):
                    group.settle()
                    rates[count].append(rate(load))
                    # A replica that is behind would be part of the next figure.
                    group.wait_whole()
    commits = {
        durability: {count: statistics.median(rates[count]) for count in CLIENTS} for durability, rates in found.items()
    }
    return {
        "sync_by_async": {str(count): round(commits["sync"][count] / commits["async"][count], 3) for count in CLIENTS},
        "commits_per_second": {
            durability: {str(count): round(value, 1) for count, value in of.items()} for durability, of in commits.items()
        },
        "rounds": ROUNDS, "seconds": SECONDS,
        "all": {
            durability: {str(count): [round(value, 1) for value in values] for count, values in rates.items()}
            for durability, rates in found.items()
        },
    }


def keys(durability):
    return f"instances: 2, durability: {durability}"


def rate(load):
    if isinstance(load, RedisBenchmark):
        return load.rate()
    with load:
        # The first second's report does not count.
        time.sleep(SECONDS + 1.5)
        return load.transactions_per_second()["mean"]
