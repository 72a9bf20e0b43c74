"""Tests of what needs no server: `PYTHONPATH=Benchmarks python3 -B -m unittest peers.tests`. `make check` runs them."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from contextlib import redirect_stderr
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlsplit

import ledger
import long_run
import outages
import peers
from groups import NotWhole

from peers import mongodb, patroni, sentinel, shared


class Quiet(unittest.TestCase):
    """What is said is no part of the tests' output; the last words are in `self.said`."""

    def setUp(self):
        self.said = io.StringIO()
        redirected = redirect_stderr(self.said)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)


class MeasureTests(Quiet):
    def test_a_peer_that_is_not_wanted_is_left_out(self):
        with patch.object(peers, "ARE_WANTED", False):
            self.assertEqual(peers.measure("redis"), {})
        self.assertEqual(peers.measure("mariadb"), {})

    def test_missing_programs_are_reported(self):
        peer = SimpleNamespace(name="patroni", programs=lambda: {"patroni": None, "sh": "/bin/sh", "etcd": "/no/etcd"})
        with patch.object(peers, "PEERS", {"postgresql": peer}):
            self.assertEqual(peers.measure("postgresql"), {"patroni": {"missing": ["patroni", "etcd"]}})
        self.assertIn("patroni, etcd", self.said.getvalue())

    def test_a_failure_is_reported_and_the_other_setting_measured(self):
        def measure_setting(peer, name, values):
            if name == "default":
                raise NotWhole("no primary")
            return {"kill": {}}

        peer = SimpleNamespace(name="redis", programs=dict, settings={"default": {"a": 1}, "fastest": {}})
        with patch.object(peers, "PEERS", {"redis": peer}), patch.object(peers, "measure_setting", measure_setting):
            self.assertEqual(peers.measure("redis"), {"redis": {
                "default": {"failed": "NotWhole: no primary", "settings": {"a": 1}}, "fastest": {"kill": {}}}})

    def test_an_interrupt_ends_the_run(self):
        def measure_setting(peer, name, values):
            sys.exit(143)

        with patch.object(peers, "measure_setting", measure_setting), self.assertRaises(SystemExit):
            peers.measured(SimpleNamespace(name="redis"), "default", {})

    def test_every_peer_has_both_settings_with_the_same_names(self):
        for peer in peers.PEERS.values():
            self.assertEqual(list(peer.settings), ["default", "fastest"])
            self.assertEqual(set(peer.settings["default"]), set(peer.settings["fastest"]))
            self.assertIn(peer.client, ledger.CLIENTS)
            json.dumps(peer.settings)


class RoundsTests(Quiet):
    def rounds(self, times, held=False):
        times = iter(times)
        asked_for = []

        class Group:
            def primary_pid(self):
                return 7

            def wait_whole(self, without, seconds=None):
                asked_for.append(without)
                if held and seconds is not None:
                    raise NotWhole("two primaries")

        load = SimpleNamespace(
            client=SimpleNamespace(wait_for_more=lambda: None), writers=SimpleNamespace(say=lambda word: None))
        fault = SimpleNamespace(kind="kill", one_round=lambda group, client, pid: {"ms": next(times)})
        with patch.object(peers, "ROUNDS", 3), patch.object(peers, "any_moment", lambda: None):
            found = peers.rounds(Group(), load, fault)
        self.assertEqual(set(asked_for), {7})
        return found

    def test_the_first_round_does_not_count(self):
        self.assertEqual([found["ms"] for found in self.rounds([900, 1, 2, 3])], [1, 2, 3])

    def test_without_a_write_in_the_first_round_there_are_no_others(self):
        figures = peers.figures(self.rounds([None]))
        self.assertEqual((figures["rounds"], figures["rounds_without_write"]), (1, 1))
        self.assertEqual(figures["p50"], peers.PATIENCE * 1000)

    def test_a_later_round_without_a_write_counts_as_long_as_it_was_waited_for(self):
        figures = peers.figures(self.rounds([1, 5, None, 7]))
        self.assertEqual((figures["p50"], figures["max"]), (7, peers.PATIENCE * 1000))
        self.assertEqual(figures["rounds_without_write"], 1)
        self.assertNotIn("rounds_without_write", peers.figures(self.rounds([1, 5, 6, 7])))

    def test_rounds_whose_writers_were_held_are_counted(self):
        self.assertEqual(peers.figures(self.rounds([1, 2, 3, 4], held=True))["rounds_whole_only_without_writers"], 3)


class FigureTests(unittest.TestCase):
    def test_aims_stand_beside_the_figures_that_have_one(self):
        self.assertEqual(
            outages.spread_of([10, 30, 20], (None, 25)),
            {"p50": 20, "p99": 30, "max": 30, "rounds": 3, "p99_against": {"aim": 25, "met": False}})

    def test_lost_rows_are_those_since_the_last_time(self):
        load = outages.Load("redis", "redis://u:p@127.0.0.1:1/")
        load.writers = SimpleNamespace(accounts=lambda: [{"acknowledged": [[1, 10]], "errors": 2}])
        missing = iter([3, 3, 5])
        with patch.object(outages, "missing", lambda type, url, accounts: next(missing)):
            self.assertEqual([load.count_lost(fault) for fault in ("kill", "stop", "switchover")], [3, 0, 2])
        self.assertEqual((load.told()["lost_acknowledged"], load.told()["acknowledged"]), (5, 10))


class SharedTests(Quiet):
    def test_only_three_members_with_one_primary_are_up(self):
        def members(*states):
            return [{"pid": pid, "is_primary": is_primary} for pid, is_primary in states]

        for states, without, reason in (
            (((1, True), (2, False), (3, False)), None, None),
            (((1, True), (2, False), (3, False)), 9, None),
            (((1, True), (2, False), (3, False)), 3, "process 3 still runs"),
            (((1, True), (None, False), (3, False)), None, "members that are down: 1"),
            (((1, True), (2, True), (3, False)), None, "2 primaries"),
            (((1, False), (2, False), (3, False)), None, "0 primaries"),
        ):
            self.assertEqual(shared.why_not_all_up(members(*states), without), reason)

    def test_ports_are_free_and_not_those_of_connections(self):
        with tempfile.NamedTemporaryFile("w+") as file, socket.socket() as taken:
            file.write("32768\t60999\n")
            file.flush()
            with patch.object(shared, "PORT_RANGE", Path(file.name)):
                first = shared.free_ports(1)[0]
                taken.bind(("127.0.0.1", first))
                found = shared.free_ports(9)
        self.assertEqual(len(set(found)), 9)
        self.assertNotIn(first, found)
        self.assertLess(max(found), 32768)

    def test_an_error_is_an_obstacle_and_in_time_a_failure(self):
        answers = iter([OSError("refused"), None])

        def obstacle():
            if answer := next(answers):
                raise answer

        peer = shared.Peer({})
        with patch.object(shared, "POLL_SECONDS", 0):
            peer.wait_for("it answers", obstacle, seconds=60)
            with self.assertRaisesRegex(NotWhole, "it answers: OSError: refused"):
                peer.wait_for("it answers", lambda: (_ for _ in ()).throw(OSError("refused")), seconds=-1)

    def test_all_processes_and_the_folder_end_with_the_peer_also_if_it_failed(self):
        class Failing(shared.Peer):
            name = "failing"

            def prepare(self):
                self.seen = self.start("server", "/bin/sleep", "100"), self.folder
                raise RuntimeError("it does not start")

        peer = Failing({})
        with self.assertRaisesRegex(RuntimeError, "does not start"), peer:
            pass
        process, folder = peer.seen
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertFalse(folder.exists())

    def test_a_server_outlives_its_supervisor_and_not_the_peer(self):
        class Supervised(shared.Peer):
            name = "supervised"

            def prepare(self):
                # Of a session of its own, as PostgreSQL under Patroni is.
                self.start("supervisor", "/bin/sh", "-c", "setsid sleep 100 & echo $! > pid; wait")
                self.wait_for("it has started", lambda: None if (self.folder / "pid").read_text() else "not yet")

            def wait_whole(self):
                self.server = int((self.folder / "pid").read_text())

        with Supervised({}) as peer:
            self.assertTrue(shared.is_alive(peer.server))
        self.assertFalse(Path(f"/proc/{peer.server}/cwd").exists())

    def test_a_stopped_process_takes_its_signal(self):
        process = subprocess.Popen(["/bin/sleep", "100"])
        os.kill(process.pid, signal.SIGSTOP)
        # It is this process's child, so somebody has to collect it.
        threading.Thread(target=process.wait).start()
        self.assertTrue(shared.end(process.pid, signal.SIGTERM))


class PatroniTests(unittest.TestCase):
    def cluster(self, *roles):
        return {"members": [{"role": role} for role in roles]}

    def test_whole_is_a_primary_that_two_follow_and_in_synchronous_mode_one_of_them_waited_for(self):
        for streaming, roles, is_synchronous, reason in (
            (2, ("leader", "replica", "replica"), False, None),
            (2, ("replica", "leader", "sync_standby"), True, None),
            (2, ("replica", "leader", "replica"), True, "for Patroni the members are leader, replica, replica"),
            (1, ("replica", "leader", "replica"), False, "1 replicas stream"),
            (2, ("leader", "replica"), False, "for Patroni the members are leader, replica"),
        ):
            self.assertEqual(patroni.why_not_followed(streaming, self.cluster(*roles), is_synchronous), reason)

    def test_the_fastest_keep_the_rule_of_the_manual(self):
        for values in patroni.Patroni.settings.values():
            self.assertLessEqual(values["loop_wait"] + 2 * values["retry_timeout"], values["ttl"])

    def test_a_member_listens_on_loopback_alone_and_no_watchdog_restarts_the_machine(self):
        values = patroni.Patroni.settings["fastest"]
        told = patroni.member_configuration(values, 1, Path("/tmp/x/member-1"), "secret", (1, 2, 3))
        self.assertEqual(told["postgresql"]["listen"], "127.0.0.1:3")
        self.assertEqual(told["restapi"]["listen"], "127.0.0.1:2")
        self.assertEqual(told["etcd3"], {"host": "127.0.0.1:1"})
        self.assertEqual(told["watchdog"], {"mode": "off"})
        self.assertEqual(told["bootstrap"]["dcs"]["primary_start_timeout"], 0)
        self.assertNotIn("haproxy_inter", told["bootstrap"]["dcs"])

    def test_haproxy_asks_each_members_patroni(self):
        text = patroni.proxy_configuration(patroni.Patroni.settings["default"], 5, [1, 2, 3], [11, 12, 13])
        self.assertIn("default-server inter 3s fall 3 rise 2 on-marked-down shutdown-sessions\n", text)
        self.assertIn("    server member2 127.0.0.1:3 maxconn 100 check port 13\n", text)
        self.assertIn("bind 127.0.0.1:5\n", text)


class SentinelTests(unittest.TestCase):
    master = ["master", "10", [["127.0.0.1", "2", "10"], ["127.0.0.1", "3", "10"]]]

    def replica(self, port="1", state="connected"):
        return ["slave", "127.0.0.1", port, state, "10"]

    def test_whole_is_a_primary_that_sends_to_two_replicas(self):
        self.assertIsNone(sentinel.why_not_followed(1, [self.replica(), self.master, self.replica()]))
        for roles, reason in (
            ([self.replica(), self.master, self.replica(port="4")], "1 replicas follow"),
            ([self.replica(), self.master, self.replica(state="sync")], "1 replicas follow"),
            ([self.replica(), ["master", "10", self.master[2][:1]], self.replica()], "the primary sends to 1 replicas"),
        ):
            self.assertEqual(sentinel.why_not_followed(1, roles), reason)

    def test_a_sentinel_has_to_know_everybody(self):
        master = {"port": "1", "flags": "master", "num-other-sentinels": "2"}
        replica = {"flags": "slave", "master-link-status": "ok", "master-port": "1"}
        self.assertIsNone(sentinel.why_not_watched(1, master, [replica, replica]))
        for master_, replicas in (
            (master | {"port": "2"}, [replica, replica]),
            (master | {"flags": "master,s_down"}, [replica, replica]),
            (master | {"num-other-sentinels": "1"}, [replica, replica]),
            (master, [replica]),
            (master, [replica, replica | {"flags": "slave,s_down"}]),
            (master, [replica, replica | {"master-port": "2"}]),
            (master, [replica, replica, replica | {"flags": "slave,s_down"}]),
        ):
            self.assertIsNotNone(sentinel.why_not_watched(1, master_, replicas))

    def test_configurations(self):
        values = sentinel.RedisSentinel.settings["fastest"]
        text = sentinel.redis_configuration(values, 2, "/tmp/x", "secret", 1)
        for line in ("bind 127.0.0.1", "port 2", "replicaof 127.0.0.1 1", "min-replicas-to-write 1", "appendfsync always"):
            self.assertIn(f"{line}\n", text)
        self.assertNotIn("replicaof", sentinel.redis_configuration(values, 1, "/tmp/x", "secret", None))
        text = sentinel.sentinel_configuration(values, 11, "/tmp/x", "secret", 1)
        for line in (
            "sentinel monitor roost 127.0.0.1 1 2", "sentinel auth-pass roost secret",
            "sentinel down-after-milliseconds roost 1000",
        ):
            self.assertIn(f"{line}\n", text)


class RecordedServer:
    """Answers each line with the next recorded reply."""

    def __init__(self, *replies):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines, self.connection = [], None
        self.thread = threading.Thread(target=self.serve, args=replies, daemon=True)
        self.thread.start()

    def serve(self, *replies):
        self.connection = self.listener.accept()[0]
        lines = self.connection.makefile("rb")
        for reply in replies:
            self.lines.append(lines.readline().decode().strip())
            self.connection.sendall(reply.encode())

    def close(self):
        self.listener.close()
        if self.connection:
            self.connection.close()


class SentinelClientTests(unittest.TestCase):
    subscribed = ">3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n"

    def client(self, *replies):
        self.redis = RecordedServer(*replies)
        self.addCleanup(self.redis.close)
        named = f"*2\r\n$9\r\n127.0.0.1\r\n${len(str(self.redis.port))}\r\n{self.redis.port}\r\n"
        self.sentinel = RecordedServer("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n", self.subscribed, named)
        self.addCleanup(self.sentinel.close)
        return ledger.Sentinel(urlsplit(f"sentinel://default:secret@127.0.0.1:{self.sentinel.port}/roost"))

    def test_it_writes_to_the_primary_that_a_sentinel_names(self):
        client = self.client("+OK\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n", ":0\r\n")
        client.write(3, 4)
        client.close()
        self.assertEqual(self.sentinel.lines, ["HELLO 3", "SUBSCRIBE +switch-master", "SENTINEL GET-MASTER-ADDR-BY-NAME roost"])
        self.assertEqual(self.redis.lines, ["AUTH default secret", "ROLE", "SETBIT ledger:3 4 1"])

    def test_a_named_primary_that_is_a_replica_is_refused(self):
        with self.assertRaisesRegex(ConnectionError, "is a slave"):
            self.client("+OK\r\n", "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:0\r\n")

    def test_another_primary_ends_a_write_that_hangs(self):
        client = self.client("+OK\r\n", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")
        self.sentinel.thread.join()
        self.sentinel.connection.sendall(b">3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$1\r\nx\r\n")
        with self.assertRaisesRegex(ConnectionError, "named another primary"):
            client.write(3, 4)
        client.close()

    def test_replies(self):
        for text, wanted in (
            ("+OK\r\n", "OK"), (":5\r\n", "5"), ("$3\r\na\rb\r\n", "a\rb"), ("$-1\r\n", None), ("*-1\r\n", []),
            ("*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", ["1", ["x"]]),
        ):
            self.assertEqual(ledger.reply(io.BytesIO(text.encode())), wanted)
        for text in ("-NOREPLICAS Not enough good replicas to write.\r\n", ""):
            with self.assertRaises(ConnectionError):
                ledger.reply(io.BytesIO(text.encode()))


class MongoDBTests(unittest.TestCase):
    def test_whole_is_a_primary_with_two_secondaries_that_answer(self):
        def status(*states):
            return {"members": [{"stateStr": state, "health": health} for state, health in states]}

        self.assertIsNone(mongodb.why_not_followed(status(("SECONDARY", 1), ("PRIMARY", 1), ("SECONDARY", 1))))
        self.assertEqual(
            mongodb.why_not_followed(status(("SECONDARY", 0), ("PRIMARY", 1), ("RECOVERING", 1))),
            "the members are DOWN, PRIMARY, RECOVERING")

    def test_settings_are_the_sets(self):
        told = mongodb.set_configuration(mongodb.ReplicaSet.settings["fastest"], [1, 2, 3])
        self.assertEqual(told["members"][2], {"_id": 2, "host": "127.0.0.1:3"})
        self.assertEqual(told["settings"]["electionTimeoutMillis"], 1000)

    def test_clients_give_up_a_connection_and_counts_do_not(self):
        peer = mongodb.ReplicaSet({})
        peer.ports = [1, 2, 3]
        self.assertIn("replicaSet=roost&retryWrites=false&socketTimeoutMS=1000", peer.url)
        self.assertTrue(peer.counting_url.endswith("retryWrites=false"))
        self.assertEqual(urlsplit(peer.url).path, "/shop")


class LongRunTests(unittest.TestCase):
    def piece(self, faults, lost=0):
        figures = {fault: {"all": values, "rounds_whole_only_without_writers": 1} for fault, values in faults.items()}
        told = {
            "faults": list(faults), "writers": 8, "instances": 3, "writer_pause_ms": 5, "acknowledged": 100,
            "lost_acknowledged": lost, "lost_after": {fault: lost for fault in faults}, "writers_saw_errors": 4,
        }
        return {"machine": {"cores": 2}, "failover_detail": {"redis": told | figures}}

    def test_all_rounds_of_all_pieces_make_the_figures(self):
        told = long_run.merged(
            {"redis": [self.piece({"kill": [10, 20]}, lost=1), self.piece({"kill": [400], "stop_asked": [5]})]}, ["abc"])
        redis = told["engines"]["redis"]
        self.assertEqual(redis["faults"], ["kill", "stop_asked"])
        self.assertEqual((redis["kill"]["rounds"], redis["kill"]["p50"], redis["kill"]["p99"]), (3, 20, 400))
        self.assertEqual(redis["kill"]["p99_against"], {"aim": 300, "met": False})
        self.assertEqual(redis["kill"]["rounds_whole_only_without_writers"], 2)
        self.assertEqual((redis["kill"]["lost"], redis["lost_acknowledged"], redis["acknowledged"]), (1, 1, 200))
        self.assertEqual(redis["stop_asked"]["p99_against"], {"aim": 3000, "met": True})
        self.assertEqual(len(list(long_run.lines(told))), 2)

    def test_pieces_are_in_the_order_of_their_rounds(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "redis").mkdir()
            for first, last in ((101, 150), (1, 50), (51, 100)):
                (folder / "redis" / f"{first}-{last}.json").write_text(json.dumps(first))
            (folder / "redis" / "151-200.json.new").write_text("")
            self.assertEqual(long_run.pieces(folder), {"redis": [1, 51, 101]})

    def test_a_piece_without_the_engine_is_none(self):
        piece = self.piece({"kill": [1]})
        self.assertIsNone(long_run.why_no_piece(piece, "redis"))
        self.assertIn("no build of mysql", long_run.why_no_piece(piece, "mysql"))
        self.assertEqual(long_run.why_no_piece({"failover_detail": {"skipped": "no disk"}}, "redis"), "no disk")


if __name__ == "__main__":
    unittest.main()
