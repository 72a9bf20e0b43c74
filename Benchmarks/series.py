"""Snapshots of one service that is written to, plain copies of its data beside them, and what both were to a writer."""

import json
import shutil
import subprocess
import time

import extents
from figures import against, percentile, spread


class Series:
    def __init__(self, roost, application, type):
        self.roost, self.type, self.application = roost, type, application
        self.data = roost.pool / "instances" / application / f"{type}.0" / "data"
        self.snapshots, self.plain = [], []
        self.windows = {"snapshot": [], "plain_copy": [], "nothing": []}

    def lay_anew(self):
        """Each file in one piece, as far as the disk lets it: a service that was never snapshotted."""
        # What it still had to write is written then, and nothing is while files are moved.
        self.roost.roost("restart", self.type, "-A", self.application)
        subprocess.run(["xfs_fsr", *extents.files(self.data)], check=True, stdout=subprocess.DEVNULL)

    def take(self, max_pause=None):
        start = time.monotonic()
        # A while before, in which nothing happened.
        self.windows["nothing"].append((start - 1.5, start - 0.5))
        options = ["--max-pause", max_pause] if max_pause else []
        taken = self.roost_json("snapshot", "new", self.type, *options)["items"][0]
        end = time.monotonic()
        self.windows["snapshot"].append((start, end))
        listed = self.roost_json("snapshot", "ls", self.type)["items"]
        snapshot = next(item for item in listed if item["id"] == taken["id"]) | {"seconds": round(end - start, 2)}
        self.snapshots.append(snapshot)
        return snapshot

    def remove(self, snapshot):
        self.roost.roost("snapshot", "rm", self.type, snapshot["id"], "-A", self.application, "--yes")

    def copy(self):
        """By reflinks, of what is not frozen."""
        target = self.roost.pool / "plain"
        start = time.monotonic()
        # A file that the server removes meanwhile is no reason to end.
        subprocess.run(["cp", "--reflink=always", "-a", self.data, target], check=False, stderr=subprocess.DEVNULL)
        end = time.monotonic()
        shutil.rmtree(target)
        self.plain.append((end - start) * 1000)
        self.windows["plain_copy"].append((start, end))
        time.sleep(2)

    def told(self, counted, probe, aim):
        """`counted`: so many of the last make the figure."""
        pauses = [snapshot["pause_milliseconds"] for snapshot in self.snapshots]
        p95, plain = round(percentile(pauses[-counted:], 0.95), 2), spread(self.plain, 1)
        return {
            "pause_ms": spread(pauses) | {"p95": p95, "p95_of_the_last": counted},
            "methods": sorted({snapshot["method"] for snapshot in self.snapshots}),
            "snapshot_seconds": [snapshot["seconds"] for snapshot in self.snapshots],
            "plain_ms": plain,
            "ratio_to_plain": round(p95 / plain["p95"], 3),
            "longest_commit_ms": {name: probe.longest_ms(windows) for name, windows in self.windows.items()},
        } | against(p95, aim)

    def extents(self):
        return extents.count(self.data)

    def roost_json(self, *arguments):
        return json.loads(self.roost.roost(*arguments, "-A", self.application, "--json"))
