"""`make chaos ENGINE=mariadb MINUTES=10 FAULTS=kill,stop SEED=7`: see docs/testing.md. The report and the picture
are also written when the run fails; then the exit status is 1."""

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from urllib.parse import urlsplit

from engines import ENGINES, drivers_are_loaded
from ledger import CLIENTS, dropped
from pooled import too_little_disk
from roost import ROOT, say

from chaos import arguments, plan, report
from chaos.clients import LANDMARK, Clients
from chaos.group import MEMBERS, ChaosGroup
from chaos.picture import drawn
from chaos.run import Run

WRITERS = 8
# Of each writer between two rows. At full speed a primary that waits for nobody outruns its replicas on two cores.
PAUSE_SECONDS = 0.005
POOL_GIB = int(os.environ.get("CHAOS_POOL_GIB", 16))


def main():
    asked = arguments.parsed()
    engine = next(engine for engine in ENGINES if engine.type == asked.engine)
    if not engine.is_here:
        sys.exit(f"there is no build of {engine.type}; scripts/setup --tests makes or fetches it")
    if reason := too_little_disk(POOL_GIB):
        sys.exit(f"{reason}; CHAOS_POOL_GIB=8 makes a smaller one")
    # Ended from outside, what runs is still stopped and unmounted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    drivers_are_loaded()
    seed = random.randrange(1, 1_000_000) if asked.seed is None else asked.seed
    path = (asked.report or ROOT / ".build" / "chaos" / f"{engine.type}.json").absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    say(f"chaos: {asked.minutes:g} minutes of {','.join(asked.faults)} on {engine.type}, seed {seed}")
    told = {
        "engine": engine.type, "result": "failed", "failure": None, "seed": seed, "minutes": asked.minutes,
        "asked_faults": asked.faults, "instances": MEMBERS, "writers": WRITERS,
        "began": time.strftime("%FT%TZ", time.gmtime()),
    }
    told |= played(engine, asked.minutes, plan.rounds(seed, asked.faults), path.with_suffix(".log"))
    finish(report.document(told), path)


def played(engine, minutes, rounds, log):
    """The result and what was measured, up to the failure if there was one. Then `log` gets a copy of roostd's log."""
    figures = {"seconds": 0, "rows": {"acknowledged": 0, "lost": 0, "may_be_lost": 0}, "checks": 0, "rounds": []}
    failure, group = None, ChaosGroup(POOL_GIB, engine)
    try:
        with group:
            prepare(group)
            with Clients(engine.type, group.url, group.read_url, WRITERS, PAUSE_SECONDS) as clients:
                run = Run(group, clients)
                try:
                    run.for_minutes(minutes, rounds)
                except Exception as error:
                    failure = described(error)
                    shutil.copyfile(group.folder / "roostd.log", log)
                    print(f"{traceback.format_exc()}\n{group.explained()}\nall of it: {log}", file=sys.stderr)
                figures = run.figures()
    except Exception as error:  # while the service was made, or removed
        traceback.print_exc()
        failure = failure or described(error)
    if failure is None and group.left:
        failure = f"left behind by 'roostd stop --services': {', '.join(group.left)}"
    return figures | {"result": "failed" if failure else "passed", "failure": failure}


def described(error):
    return f"{type(error).__name__}: {error}"


def prepare(group):
    """The table, and a row of before the first fault, on every member."""
    client = CLIENTS[group.engine.type](urlsplit(group.url))
    client.prepare()
    client.write(WRITERS, LANDMARK)
    dropped(client)
    replicas = group.replicas()
    for replica in replicas:
        group.wait_for("a replica has the first row", lambda: has_landmark(group, replica), 60)


def has_landmark(group, replica):
    client = CLIENTS[group.engine.type](urlsplit(group.member_url(replica)))
    try:
        return client.count(WRITERS, LANDMARK, LANDMARK) == 1
    except Exception:  # the table is not there yet; each driver has its own kinds
        return False
    finally:
        dropped(client)


def finish(document, path):
    picture = path.with_suffix(".svg")
    path.write_text(json.dumps(document, indent=2) + "\n")
    picture.write_text(drawn(document))
    for line in report.summary(document):
        print(line)
    print(f"report {path}\npicture {picture}")
    if document["failure"]:
        sys.exit(f"error: {document['failure'].splitlines()[0]}\n  Again with the same faults: SEED={document['seed']}")


if __name__ == "__main__":
    main()
