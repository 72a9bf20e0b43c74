#!/usr/bin/env python3
"""CPU per query of roost-router beside HAProxy (TCP mode, one thread), under `sysbench oltp_point_select`.

    relay_cpu.py
    relay_cpu.py --host 127.0.0.1 --port 3306 --user bench --database bench   (password in MYSQL_PWD)

It measures this repository's release build (`swift build -c release`), or the binary named with --router. Without
--port it starts a MariaDB of its own in a temporary folder. It prints one JSON document: for each number of
connections the median of the pairs' ratios, and every pair. The two relays of a pair run one after the other with the
order changing from pair to pair, so that a machine that gets busier or hotter treats both alike. CPU time is what the
kernel's scheduler accounts to all threads of the relay's process during the run (/proc/PID/task/*/schedstat).
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

AIM = 1.05
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the stack below ends what was started.
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="roost-relay-")))
        server = given_server(options) if options.port else own_mariadb(stack, folder, options.mariadbd)
        load = Load(folder, server, options.seconds)
        load.prepare()
        stack.callback(load.clean_up)
        router = start_router(stack, folder, options.router, server)
        haproxy = start_haproxy(stack, folder, options.haproxy, server)
        results = [measure(load, router, haproxy, count, options.pairs) for count in options.connections]
    print(json.dumps({
        "benchmark": "relay_cpu", "unit": "microseconds of CPU per query", "aim": AIM,
        "seconds_per_run": options.seconds, "haproxy": version(options.haproxy, "-v"),
        "router": version(options.router, "--version"), "results": results}, indent=2))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--router", default=REPOSITORY / ".build/release/roost-router", type=pathlib.Path)
    parser.add_argument("--haproxy", default="/usr/sbin/haproxy")
    parser.add_argument("--mariadbd", default="/usr/sbin/mariadbd")
    parser.add_argument("--connections", default="1,8,64", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--pairs", default=9, type=int)
    parser.add_argument("--seconds", default=3, type=int, help="length of each run")
    for name, default in (("host", "127.0.0.1"), ("port", None), ("user", "root"), ("database", "sbtest")):
        parser.add_argument(f"--{name}", default=default, type=int if name == "port" else str)
    return parser.parse_args()


def version(program, flag):
    run = subprocess.run([program, flag], capture_output=True, text=True)
    return (run.stdout or run.stderr).splitlines()[0].strip()


# The database

def given_server(options):
    return {"host": options.host, "port": options.port, "user": options.user, "database": options.database,
            "password": os.environ.get("MYSQL_PWD", "")}


def own_mariadb(stack, folder, program):
    data, log, port = folder / "data", folder / "mariadb.log", free_port()
    password = secrets.token_hex(16)
    # Where this runs as root the server must be told that it may.
    user = ["--user=root"] if os.geteuid() == 0 else []
    install = shutil.which("mariadb-install-db") or "/usr/bin/mariadb-install-db"
    subprocess.run([install, "--no-defaults", f"--datadir={data}", "--skip-test-db", *user],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    accounts = folder / "accounts.sql"
    accounts.write_text(f"""CREATE DATABASE bench;
CREATE USER bench@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON bench.* TO bench@'127.0.0.1';
""")  # The server takes one statement a line.
    accounts.chmod(0o600)
    start(stack, log, [program, "--no-defaults", f"--datadir={data}", f"--socket={folder}/mariadb.sock",
                       f"--port={port}", "--bind-address=127.0.0.1", "--skip-log-bin", "--skip-name-resolve",
                       f"--init-file={accounts}", *user])
    await_port(port, log)
    return {"host": "127.0.0.1", "port": port, "user": "bench", "password": password, "database": "bench"}


# The relays: name, process and port

def start_router(stack, folder, program, server):
    home, log, port = folder / "home", folder / "router.log", free_port()
    home.mkdir()
    process = start(stack, log, [program, "--home", home, "--threads", "1"])
    await_true(lambda: (home / "router/control.sock").exists(), log)
    route = {"name": "bench/data", "purpose": "primary", "wire": "mysql", "reach": "loopback", "port": port,
             "backend": {"host": socket.gethostbyname(server["host"]), "port": server["port"]}, "gate": "open",
             "epoch": 1}
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(home / "router/control.sock"))
        control.sendall(json.dumps({"apply": {"_0": {"revision": 1, "routes": [route]}}}).encode() + b"\n")
        reply = json.loads(control.makefile().readline())
    if reply.get("refusal"):
        sys.exit(f"the router refused its table: {reply['refusal']}")
    return process.pid, port


def start_haproxy(stack, folder, program, server):
    configuration, log, port = folder / "haproxy.cfg", folder / "haproxy.log", free_port()
    configuration.write_text(f"""
global
    nbthread 1
    maxconn 1000
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
listen relay
    bind 127.0.0.1:{port}
    server data {server['host']}:{server['port']}
""")
    process = start(stack, log, [program, "-db", "-f", configuration])
    await_port(port, log)
    return process.pid, port


# Measuring

class Load:
    """sysbench against one port or another. Credentials are in a file, not in arguments."""

    def __init__(self, folder, server, seconds):
        self.server, self.seconds = server, seconds
        self.settings = folder / "sysbench.cfg"
        self.settings.touch(mode=0o600)
        self.settings.write_text("".join(f"mysql-{key}={server[part]}\n" for key, part in (
            ("user", "user"), ("password", "password"), ("db", "database"))))

    def prepare(self):
        self.sysbench(self.server["host"], self.server["port"], "prepare")

    def clean_up(self):
        self.sysbench(self.server["host"], self.server["port"], "cleanup")

    def run(self, port, connections):
        """Queries done."""
        output = self.sysbench("127.0.0.1", port, "run", f"--threads={connections}", f"--time={self.seconds}")
        return int(re.search(r"queries:\s+(\d+)", output).group(1))

    def sysbench(self, host, port, command, *more):
        run = subprocess.run(
            ["sysbench", f"--config-file={self.settings}", "oltp_point_select", f"--mysql-host={host}",
             f"--mysql-port={port}", "--table-size=10000", *more, command],
            capture_output=True, text=True)
        if run.returncode != 0:
            sys.exit(f"sysbench {command} failed:\n{run.stdout}{run.stderr}")
        return run.stdout


def measure(load, router, haproxy, connections, pairs):
    relays = {"router": router, "haproxy": haproxy}
    for pid, port in relays.values():
        load.run(port, connections)  # Warm, and not counted.
    rounds = []
    for number in range(pairs):
        order = ["router", "haproxy"] if number % 2 == 0 else ["haproxy", "router"]
        rounds.append({name: cost(load, *relays[name], connections) for name in order})
    ratios = [pair["router"]["cpu"] / pair["haproxy"]["cpu"] for pair in rounds]
    print(f"{connections} connections: ratio {statistics.median(ratios):.3f}", file=sys.stderr)
    return {
        "connections": connections, "ratio": round(statistics.median(ratios), 4),
        "router": summary(rounds, "router"), "haproxy": summary(rounds, "haproxy"),
        "ratios": [round(ratio, 4) for ratio in ratios]}


def cost(load, pid, port, connections):
    before = cpu_seconds(pid)
    queries = load.run(port, connections)
    return {"cpu": (cpu_seconds(pid) - before) / queries * 1e6, "rate": queries / load.seconds}


def summary(rounds, name):
    return {"cpu_us_per_query": round(statistics.median(pair[name]["cpu"] for pair in rounds), 2),
            "queries_per_second": round(statistics.median(pair[name]["rate"] for pair in rounds))}


def cpu_seconds(pid):
    """What the scheduler has accounted to all threads, exact to the nanosecond where /proc/PID/stat counts ticks."""
    total = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


# Processes

def start(stack, log, command):
    """A process that ends with the stack."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log.open("wb"),
                               stderr=subprocess.STDOUT)

    def end():
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    stack.callback(end)
    return process


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_port(port, log):
    def answers():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    await_true(answers, log)


def await_true(condition, log):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"it did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)


if __name__ == "__main__":
    main()
