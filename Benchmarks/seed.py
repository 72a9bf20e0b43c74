"""How long `roost scale data:instances=2` takes on a database that is written to, until the replica has joined and commits
wait for it: for a small and a large database, beside the bare start of the very same server on a copy of the data, and
beside the engine's own online backup with the start of a server on it. And how long a writer waited for its longest commit
meanwhile.
"""

import os
import shutil
import statistics
import subprocess
import time
from urllib.parse import quote, urlsplit

import extents
from bare import BareServer
from engines import drivers_are_loaded
from figures import against, spread
from groups import SERVICE, Group, NotWhole, here
from loads import Pgbench, Sysbench
from pooled import answer_of, too_little_disk
from probe import Probe
from roost import say

ROUNDS = int(os.environ.get("BENCH_ROUNDS", 5))
# A backup of some gigabytes takes a minute.
PEER_ROUNDS = min(ROUNDS, 3)
LOADS = {"mariadb": Sysbench, "postgresql": Pgbench}
PROGRAMS = {"mariadb": "mariadb-backup", "postgresql": "pg_basebackup"}
# So long a replica has to join under load; then it is removed again, and the round is counted.
JOIN_SECONDS = int(os.environ.get("BENCH_JOIN_SECONDS", 60))
AIM_RATIO, AIM_STARTS, AIM_COMMIT_MS = 1.3, 3, 100
SMALL = 0.1


def sizes(pool_gib):
    """Gigabytes, by the environment: `BENCH_SEED_GB=0.1,4`. By default what there is room for."""
    if wanted := os.environ.get("BENCH_SEED_GB"):
        return [float(size) for size in wanted.split(",")]
    return [SMALL, 1.0 if too_little_disk(pool_gib(4)) else 4.0]


def pool_gib(gigabytes):
    """The data, a full copy of them by the backup, and what writers change and log meanwhile."""
    return round(4 * gigabytes) + 8


def measure():
    drivers_are_loaded()
    measured = sizes(pool_gib)
    if reason := too_little_disk(pool_gib(max(measured))):
        say(f"seed: skipped: {reason}")
        return {"seed_seconds": None, "seed_detail": {"skipped": reason}}
    detail = {
        engine.type: {f"{size:g}G": measure_size(engine, size) for size in measured} for engine in here(LOADS, "seed")
    }
    return {
        "seed_seconds": {
            type: {size: median(result) for size, result in of.items()} for type, of in detail.items()
        },
        "seed_size_ratio": {type: size_ratio(of) for type, of in detail.items()},
        "seed_detail": detail,
    }


def median(result):
    """None if no replica joined in time."""
    return result["seconds"] and result["seconds"]["p50"]


def size_ratio(of):
    """The largest beside the smallest."""
    seconds = [median(result) for result in of.values()]
    if None in seconds:
        return None
    ratio = round(seconds[-1] / seconds[0], 3)
    return {"ratio": ratio} | against(ratio, AIM_RATIO)


def measure_size(engine, gigabytes):
    say(f"seed: {ROUNDS} replicas of {gigabytes:g} GB of {engine.type} under load")
    with Group(pool_gib(gigabytes), engine, "memory: 1G") as group:
        load = LOADS[engine.type](group.url, group.folder / "load.log", gigabytes)
        load.prepare()
        seconds, steps, windows, rates, late = [], {}, {"seed": [], "nothing": []}, [], 0
        with Probe(load.writer) as probe:
            for _ in range(ROUNDS):
                with load:
                    time.sleep(3)
                    start, id, has_joined = scale(group)
                    rates.append(load.transactions_per_second()["mean"])
                windows["seed"].append((start, has_joined or start + JOIN_SECONDS))
                windows["nothing"].append((start - 1.5, start - 0.5))
                if has_joined is None:
                    late += 1
                else:
                    seconds.append(has_joined - start)
                for step in group.asked(f"/v1/operations/{id}")[1]["steps"]:
                    steps.setdefault(step["name"], []).append(step["milliseconds"])
                shrink(group)
        bare = bare_seconds(group, engine)
        told = {
            "data_bytes": sum(os.path.getsize(path) for path in extents.files(group.data())),
            "seconds": spread(seconds, 3) if seconds else None,
            "rounds_not_joined": late, "patience_seconds": JOIN_SECONDS,
            "steps_ms": {name: round(statistics.median(values), 1) for name, values in steps.items()},
            "bare_start_seconds": spread(bare, 3),
            "longest_commit_ms": {name: probe.longest_ms(of) for name, of in windows.items()},
            "transactions_per_second": round(statistics.mean(rates), 1),
            "peer": peer(group, engine, load),
        }
        if seconds:
            of_it = statistics.median(seconds) / statistics.median(bare)
            told["in_bare_starts"] = {"ratio": round(of_it, 2)} | against(of_it, AIM_STARTS)
        longest = max(told["longest_commit_ms"]["seed"]["all"])
        return told | {"longest_commit_against": against(longest, AIM_COMMIT_MS)}


def scale(group):
    """When it was asked for, the operation's id, and when the replica acknowledged commits; None: not under the load."""
    group.settle()
    start = time.monotonic()
    answer = group.api.ask("POST", f"{group.path}/scale", {"instances": 2})
    try:
        group.wait_whole(seconds=JOIN_SECONDS, joined=2)
    except NotWhole as error:
        say(str(error))
        return start, answer["operation"]["id"], None
    return start, answer["operation"]["id"], time.monotonic()


def shrink(group):
    group.api.ask("POST", f"{group.path}/scale?wait=ready", {"instances": 1, "yes": True})
    group.wait_whole()
    group.remove_snapshots()


# Without Roost


def bare_seconds(group, engine):
    """Of the server on copies of its data as they are while it runs, as a seed is: its recovery is part of the start."""
    found = []
    for number in range(PEER_ROUNDS):
        server = copied(group, f"bare{number}")
        found.append(server.run(answer_of(engine, at_port(group.url, server.port))) / 1000)
        shutil.rmtree(server.copy)
    return found


def copied(group, name, data=None):
    """A server on a copy of the service's data by reflinks, or on `data`."""
    copy = group.pool / "bare" / name
    copy.mkdir(parents=True)
    for path in (copy.parent, copy):
        path.chmod(0o755)
    if data is None:
        image = group.roost_json("snapshot", "new", SERVICE)["items"][0]["id"]
        data = group.snapshot_data(image)
        subprocess.run(["cp", "-a", "--reflink=always", data, copy / "data"], check=True)
        group.remove_snapshots()
    else:
        shutil.move(data, copy / "data")
    return BareServer(group.home, group.primary()["pid"], group.data().parent, copy)


def at_port(url, port):
    address = urlsplit(url)
    return address._replace(netloc=f"{quote(address.username)}:{quote(address.password)}@127.0.0.1:{port}")


def peer(group, engine, load):
    """The backup program's copy under the same load, and the start of a server on it. It does not follow yet."""
    program = PROGRAMS[engine.type]
    if shutil.which(program) is None:
        return {"skipped": f"there is no {program} here"}
    say(f"seed: {PEER_ROUNDS} copies by {program}")
    copies, totals = [], []
    for number in range(PEER_ROUNDS):
        target = group.pool / "copy"
        try:
            copied_ms = BACKUPS[engine.type](group, load, target)
        except subprocess.CalledProcessError as error:
            return {"skipped": f"{program} ended with {error.returncode}: {error.stderr[-500:]}"}
        server = copied(group, f"peer{number}", target)
        started_ms = server.run(answer_of(engine, at_port(group.url, server.port)))
        shutil.rmtree(server.copy)
        copies.append(copied_ms / 1000)
        totals.append((copied_ms + started_ms) / 1000)
    return {"program": program, "copy_seconds": spread(copies), "copy_and_start_seconds": spread(totals)}


def postgresql_backup(group, load, target):
    """Of the running service, by its private socket, which lets the daemon's user in."""
    lines = (group.data() / "postmaster.pid").read_text().splitlines()
    port, folder = lines[3], lines[4]
    with load:
        time.sleep(3)
        start = time.perf_counter()
        run(["pg_basebackup", "-h", folder, "-p", port, "-U", administrator(group), "-D", str(target), "-X", "stream",
             "-c", "fast", "--no-sync"])
        return (time.perf_counter() - start) * 1000


def administrator(group):
    """Roost's own account, as the rules for the private socket name it."""
    for path in group.data().parent.rglob("*hba*"):
        for line in path.read_text().splitlines():
            if line.startswith("local replication "):
                return line.split()[2]
    raise RuntimeError("no rule for backups was found")


def mariadb_backup(group, load, target):
    """Of a server on a copy that asks nobody who they are: a service's users may not read all files."""
    server = copied(group, "source")
    server.arguments += ["--skip-grant-tables"]
    own = at_port(group.url, server.port)
    bare_load = type(load)(own.geturl(), group.folder / "bare.log", load.gigabytes)
    took = []

    def back_up(process):
        group.engine.first_answer(own, is_bare=True)
        with bare_load:
            time.sleep(3)
            start = time.perf_counter()
            run(["mariadb-backup", "--no-defaults", "--backup", f"--target-dir={target}",
                 f"--datadir={server.copy / 'data'}", "--host=127.0.0.1", f"--port={server.port}", "--user=root"])
            run(["mariadb-backup", "--no-defaults", "--prepare", f"--target-dir={target}"])
            took.append((time.perf_counter() - start) * 1000)

    server.run(back_up)
    shutil.rmtree(server.copy)
    return took[0]


def run(command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


BACKUPS = {"mariadb": mariadb_backup, "postgresql": postgresql_backup}
