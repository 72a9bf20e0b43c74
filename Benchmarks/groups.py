"""A service of several instances in a pool of its own, and what the benchmarks of groups ask of it."""

import json
import os
import time
from urllib.parse import urlsplit

from engines import ENGINES
from pooled import Pooled
from roost import say

APPLICATION, SERVICE = "shop", "data"
PATH = f"/v1/applications/{APPLICATION}/services/{SERVICE}"
# A quick look takes some: `BENCH_ENGINES=mariadb,redis`.
WANTED = [name for name in os.environ.get("BENCH_ENGINES", "").split(",") if name]
WHOLE_SECONDS = 300


def here(types, name):
    """The engines among `types` that are wanted and have a server on this machine."""
    for engine in ENGINES:
        if engine.type not in types or (WANTED and engine.type not in WANTED):
            continue
        if engine.is_here:
            yield engine
        else:
            say(f"{name}: there is no build of {engine.type}; scripts/setup --tests makes or fetches it")


class NotWhole(RuntimeError):
    """With the members' state and the last events."""


class Group(Pooled):
    path = PATH

    def __init__(self, gibibytes, engine, keys):
        super().__init__(gibibytes)
        self.engine, self.keys = engine, keys

    def prepare(self):
        super().prepare()
        if self.engine.add:
            self.roost("engine", "add", self.engine.type, str(self.engine.add))
        self.source = self.application(APPLICATION, self.build_file(self.keys))
        self.roost("push", folder=self.source)
        self.wait_whole()

    def build_file(self, keys):
        return f"services:\n  {SERVICE}: {{type: {self.engine.type}, {keys}}}\n"

    def push(self, keys):
        (self.source / "roost.yml").write_text(self.build_file(keys))
        self.roost("push", "--yes", folder=self.source)
        self.wait_whole()

    @property
    def url(self):
        return self.variables(APPLICATION)[f"{SERVICE.upper()}_URL"]

    @property
    def endpoint_url(self):
        """With the endpoint alone: MongoDB's URL names the members instead, whom its drivers would follow by themselves."""
        endpoint = urlsplit(self.roost_json("info", SERVICE)["ports"][0]["url"]).port
        address = urlsplit(self.url)
        if self.engine.type == "mongodb":
            address = address._replace(query="authSource=admin&directConnection=true&retryWrites=false")
        return address._replace(netloc=f"{address.netloc.rpartition('@')[0]}@127.0.0.1:{endpoint}").geturl()

    def state(self):
        """The members, and whether replication is as it should be: the answer 200 to a monitor."""
        status, answer = self.asked(f"{PATH}/replication")
        return answer, status == 200

    def asked(self, path):
        self.api.request("GET", path)
        response = self.api.getresponse()
        return response.status, json.loads(response.read())

    def primary(self):
        return next(member for member in self.state()[0]["instances"] if member["role"] == "primary")

    def wait_whole(self, without=None, seconds=WHOLE_SECONDS, joined=1):
        """Until all members are up and replicas follow. `without`: a process that has to be replaced first. `joined`: so
        many members there have to be at least."""

        def is_whole():
            members, is_healthy = self.state()
            return is_healthy and len(members["instances"]) >= joined and all(
                member["state"] == "up" and member["pid"] != without for member in members["instances"])

        try:
            self.wait_for("the group is whole", is_whole, seconds)
        except RuntimeError as error:
            state, events = self.state()[0], self.roost("events", "-A", APPLICATION, "-n", "20")
            raise NotWhole(f"{error}\n{json.dumps(state)}\n{events}") from error

    def remove_snapshots(self):
        """Replaced data are kept for days, which many rounds have no room for."""
        for item in self.asked(f"{PATH}/snapshots")[1]["items"]:
            self.roost("snapshot", "rm", SERVICE, item["id"], "-A", APPLICATION, "--yes")

    def failovers(self):
        """The records of failovers and switchovers, newest first."""
        return self.asked(f"{PATH}/failovers")[1]["items"]

    def newest_failover(self):
        """Its id, an epoch; 0 if there was none."""
        return next((record["id"] for record in self.failovers()), 0)

    def timeline_after(self, id):
        """The steps of the first failover after that one. Empty if there was none."""
        later = [record for record in self.failovers() if record["id"] > id]
        return later[-1]["timeline"] if later else []

    def roost_json(self, *arguments):
        return json.loads(self.roost(*arguments, "-A", APPLICATION, "--json"))

    def settle(self):
        os.sync()
        time.sleep(0.5)

    def data(self, index=0):
        return self.pool / "instances" / APPLICATION / f"{SERVICE}.{index}" / "data"

    def snapshot_data(self, id):
        return next((self.pool / "snapshots").glob(f"{APPLICATION}/{SERVICE}/{id}/data"))
