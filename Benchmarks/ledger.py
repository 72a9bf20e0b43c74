"""Clients that write numbered rows through an endpoint, and the account of which of them were acknowledged. One client for
each engine: `write` returns once the row is acknowledged, `count` tells how many of a range are there.

Run as a program, it is several writers in a process of their own. It reads one JSON document a line: first what to write,
then "account" for an account, "hold" and "continue". It ends with its standard input.
"""

import json
import os
import random
import select
import socket
import sys
import threading
import time
from urllib.parse import unquote, urlsplit

from mysql_protocol import Connection

RETRY_SECONDS = 0.005
TIMEOUT_SECONDS = 10
TABLE = "create table if not exists ledger (writer int, number bigint, primary key (writer, number))"


class MariaDB:
    def __init__(self, address):
        self.connection = Connection(
            address.hostname, address.port, unquote(address.username), unquote(address.password), TIMEOUT_SECONDS)
        self.connection.execute(f"use `{address.path[1:]}`")

    def prepare(self):
        self.connection.execute(TABLE)

    def write(self, writer, number):
        self.connection.execute(f"insert into ledger values ({writer}, {number})")

    def count(self, writer, first, last):
        return int(self.connection.value(counting(writer, first, last)))

    def close(self):
        self.connection.close()


class MySQL:
    def __init__(self, address):
        import mysql.connector as driver

        self.connection = driver.connect(
            host=address.hostname, port=address.port, user=unquote(address.username), use_pure=True, autocommit=True,
            password=unquote(address.password), database=address.path[1:], connection_timeout=TIMEOUT_SECONDS)
        self.cursor = self.connection.cursor()

    def prepare(self):
        self.cursor.execute(TABLE)

    def write(self, writer, number):
        self.cursor.execute(f"insert into ledger values ({writer}, {number})")

    def count(self, writer, first, last):
        self.cursor.execute(counting(writer, first, last))
        return self.cursor.fetchone()[0]

    def close(self):
        # Its own `close` says goodbye to a server that may hang.
        self.connection._socket.sock.close()


class PostgreSQL:
    def __init__(self, address):
        import psycopg as driver

        self.connection = driver.connect(address.geturl(), connect_timeout=TIMEOUT_SECONDS, autocommit=True)

    def prepare(self):
        self.connection.execute(TABLE)

    def write(self, writer, number):
        self.connection.execute(f"insert into ledger values ({writer}, {number})")

    def count(self, writer, first, last):
        return self.connection.execute(counting(writer, first, last)).fetchone()[0]

    def close(self):
        self.connection.close()


class Redis:
    """A bit for each number: millions of writes stay small."""

    def __init__(self, address):
        self.socket, self.stream = opened(address.hostname, address.port)
        if address.username:
            self.ask(f"AUTH {unquote(address.username)} {unquote(address.password)}")

    def prepare(self):
        self.ask("PING")

    def write(self, writer, number):
        self.ask(f"SETBIT ledger:{writer} {number} 1")

    def count(self, writer, first, last):
        return int(self.ask(f"BITCOUNT ledger:{writer} {first} {last} BIT"))

    def ask(self, command):
        self.socket.sendall(f"{command}\r\n".encode())
        return reply(self.stream)

    def close(self):
        self.stream.close()
        self.socket.close()


class Sentinel(Redis):
    """A client of Redis' primary as its sentinels name it. The connection ends as soon as they name another, as that of
    drivers with a failover detector does: nobody else ends a connection to a server that hangs.

    `sentinel://user:password@host:port,host:port/NAME`"""

    def __init__(self, address):
        credentials, _, hosts = address.netloc.rpartition("@")
        # One of them alone would have the questions of all clients.
        host, _, port = random.choice(hosts.split(",")).rpartition(":")
        self.news, stream = opened(host, port)
        try:
            primary = self.named(stream, address.path[1:])
            super().__init__(urlsplit(f"redis://{credentials}@{primary}"))
            # A server that was replaced and came back is a primary until the sentinels tell it otherwise.
            if (role := self.ask("ROLE")[0]) != "master":
                super().close()
                raise ConnectionError(f"the primary that a sentinel named is a {role}")
        except BaseException:
            self.news.close()
            raise

    def named(self, stream, name):
        # The third version of the protocol: this connection asks and gets messages.
        for command in "HELLO 3", "SUBSCRIBE +switch-master", f"SENTINEL GET-MASTER-ADDR-BY-NAME {name}":
            self.news.sendall(f"{command}\r\n".encode())
            answer = reply(stream)
        return ":".join(answer)

    def ask(self, command):
        self.socket.sendall(f"{command}\r\n".encode())
        ready = select.select([self.socket, self.news], [], [], TIMEOUT_SECONDS)[0]
        if self.news in ready:
            raise ConnectionError("the sentinels named another primary")
        if not ready:
            raise TimeoutError(f"no reply within {TIMEOUT_SECONDS} s")
        return reply(self.stream)

    def close(self):
        self.news.close()
        super().close()


def opened(host, port):
    connection = socket.create_connection((host, port), TIMEOUT_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection, connection.makefile("rb")


def reply(stream):
    """One reply of Redis: a text, or a list of replies."""
    line = stream.readline()
    if not line:
        raise ConnectionError("the server closed the connection")
    kind, text = line[:1], line[1:].strip().decode(errors="replace")
    match kind:
        case b"-":
            raise ConnectionError(f"-{text}")
        case b"*" | b">" | b"%":
            return [reply(stream) for _ in range(int(text) * (2 if kind == b"%" else 1))]
        case b"$":
            return stream.read(int(text) + 2)[:-2].decode(errors="replace") if int(text) >= 0 else None
    return text


class MongoDB:
    """A document for each number. The driver follows the set's primary by itself and repeats a write once, unless the URL
    says otherwise. The URL may have timeouts, too."""

    def __init__(self, address):
        import pymongo as driver

        timeouts = {
            name: TIMEOUT_SECONDS * 1000 for name in ("serverSelectionTimeoutMS", "connectTimeoutMS", "socketTimeoutMS")
            if name not in address.query
        }
        self.connection = driver.MongoClient(address.geturl(), **timeouts)
        self.ledger = self.connection.get_default_database()["ledger"]

    def prepare(self):
        self.connection.admin.command("ping")

    def write(self, writer, number):
        self.ledger.insert_one({"_id": self.id(writer, number)})

    def count(self, writer, first, last):
        return self.ledger.count_documents({"_id": {"$gte": self.id(writer, first), "$lte": self.id(writer, last)}})

    def id(self, writer, number):
        return writer << 40 | number

    def close(self):
        self.connection.close()


CLIENTS = {
    "mariadb": MariaDB, "mysql": MySQL, "postgresql": PostgreSQL, "redis": Redis, "valkey": Redis, "mongodb": MongoDB,
    "sentinel": Sentinel,
}


def counting(writer, first, last):
    return f"select count(*) from ledger where writer = {writer} and number between {first} and {last}"


class Writer:
    """Writes one row after the other, and connects anew after an error. A number whose write failed is not used again: its
    row may be there or not."""

    def __init__(self, type, url, index, pause=0):
        self.connect = CLIENTS[type]
        self.address, self.index, self.pause = urlsplit(url), index, pause
        self.acknowledged = []  # ranges: [first, last]
        self.errors, self.last_error = 0, None
        self.must_end, self.may_write = threading.Event(), threading.Event()
        self.may_write.set()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        client, number, opened = None, 0, 0
        while not self.must_end.is_set():
            if not self.may_write.wait(1):
                continue
            try:
                if client is None:
                    opened = time.monotonic()
                    client = self.connect(self.address)
                number += 1
                start = time.monotonic()
                client.write(self.index, number)
                self.acknowledge(number)
                self.note(opened, start, time.monotonic())
                if self.pause:
                    time.sleep(self.pause)
            except Exception as error:  # each driver has its own kinds
                self.errors, self.last_error = self.errors + 1, f"{type(error).__name__}: {error}"
                client = dropped(client)
                time.sleep(RETRY_SECONDS)
        dropped(client)

    def acknowledge(self, number):
        if self.acknowledged and self.acknowledged[-1][1] == number - 1:
            self.acknowledged[-1][1] = number
        else:
            self.acknowledged.append([number, number])

    def note(self, opened, start, end):
        """Of each acknowledged write: when its connection was begun, and when it was sent and acknowledged."""

    def account(self):
        return {
            "writer": self.index, "acknowledged": [list(range) for range in self.acknowledged], "errors": self.errors,
            "last_error": self.last_error,
        }


def dropped(client):
    try:
        if client is not None:
            client.close()
    except Exception:
        pass  # it was broken, which is why it is dropped


def missing(type, url, accounts):
    """How many rows that were acknowledged are not there."""
    client = CLIENTS[type](urlsplit(url))
    count = 0
    for account in accounts:
        for first, last in account["acknowledged"]:
            count += last - first + 1 - client.count(account["writer"], first, last)
    client.close()
    return count


def written(accounts):
    return sum(last - first + 1 for account in accounts for first, last in account["acknowledged"])


def main():
    order = json.loads(sys.stdin.readline())
    writers = [
        Writer(order["type"], order["url"], index, order["pause_seconds"]) for index in range(order["writers"])
    ]
    for writer in writers:
        writer.thread.start()
    for line in sys.stdin:
        match json.loads(line):
            case "account":
                print(json.dumps([writer.account() for writer in writers]), flush=True)
            case "hold":
                for writer in writers:
                    writer.may_write.clear()
            case "continue":
                for writer in writers:
                    writer.may_write.set()
    for writer in writers:
        writer.must_end.set()
    deadline = time.monotonic() + TIMEOUT_SECONDS
    for writer in writers:
        writer.thread.join(max(0, deadline - time.monotonic()))
    # A thread that a driver holds does not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
