"""Writers at full speed, of uniformly chosen rows, through a service's endpoint. A `writer` updates one more."""

import os
import random
import re
import statistics
import subprocess
from urllib.parse import unquote, urlsplit

from mysql_protocol import Connection

WRITERS = 8
REPORT_SECONDS = 1


class Load:
    """`prepare` fills about as many gigabytes as said; as a context, the load runs."""

    def __init__(self, url, log, gigabytes=1, clients=WRITERS):
        self.address, self.log, self.gigabytes, self.clients = urlsplit(url), log, gigabytes, clients
        self.environment = os.environ | {"PGPASSWORD": unquote(self.address.password)}
        self.options = self.connection()

    def prepare(self):
        with open(self.log, "wb") as log:
            subprocess.run(self.filling(), env=self.environment, stdout=log, stderr=log, check=True)

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.writing(), env=self.environment, stdout=log, stderr=log)
        return self

    def __exit__(self, kind, error, trace):
        ended = self.process.poll()
        self.process.terminate()
        self.process.wait(30)
        if ended is not None and error is None:
            raise RuntimeError(f"the load ended by itself with {ended}: {self.log.read_text()[-2000:]}")

    def transactions_per_second(self):
        """Mean of its reports so far, without the first, and the lowest of them."""
        found = [float(text) for text in re.findall(self.report, self.log.read_text())][1:]
        return {"mean": round(statistics.mean(found), 1), "lowest_second": min(found)}


class Sysbench(Load):
    report = r"tps: ([0-9.]+)"
    tables, test = 4, "oltp_write_only"

    @property
    def rows(self):
        return round(1_000_000 * self.gigabytes)

    def connection(self):
        return [
            "sysbench", self.test, "--db-driver=mysql", f"--mysql-host={self.address.hostname}",
            f"--mysql-port={self.address.port}", f"--mysql-user={unquote(self.address.username)}",
            f"--mysql-password={unquote(self.address.password)}", f"--mysql-db={self.address.path[1:]}",
            f"--tables={self.tables}", f"--table-size={self.rows}",
        ]

    def filling(self):
        return [*self.options, f"--threads={self.tables}", "prepare"]

    def writing(self):
        return [
            *self.options, f"--threads={self.clients}", "--rand-type=uniform", "--time=0",
            f"--report-interval={REPORT_SECONDS}", "run",
        ]

    def writer(self):
        connection = Connection(
            self.address.hostname, self.address.port, unquote(self.address.username), unquote(self.address.password), 60)
        connection.execute(f"use `{self.address.path[1:]}`")
        return lambda: connection.execute(
            f"update sbtest{random.randint(1, self.tables)} set k = k + 1 where id = {random.randint(1, self.rows)}")


class Pgbench(Load):
    report = r"progress: .*?, ([0-9.]+) tps"
    script = ["--skip-some-updates"]

    @property
    def scale(self):
        return max(1, round(65 * self.gigabytes))

    def connection(self):
        return [
            "-h", self.address.hostname, "-p", str(self.address.port), "-U", unquote(self.address.username),
            self.address.path[1:],
        ]

    def filling(self):
        return ["pgbench", "--initialize", "--quiet", f"--scale={self.scale}", *self.options]

    def writing(self):
        return [
            "pgbench", *self.script, "--no-vacuum", f"--client={self.clients}", f"--jobs={min(2, self.clients)}",
            "--time=1000000", f"--progress={REPORT_SECONDS}", *self.options,
        ]

    def writer(self):
        import psycopg as driver

        connection = driver.connect(self.address.geturl(), autocommit=True)
        rows = self.scale * 100_000
        return lambda: connection.execute(
            f"update pgbench_accounts set abalance = abalance + 1 where aid = {random.randint(1, rows)}")
