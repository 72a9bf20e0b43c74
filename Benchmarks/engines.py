"""The engines that are measured: a service of each, the build that brings it, and its first answered question."""

import os
import socket
import struct
import time
from urllib.parse import unquote, urlsplit

from mysql_protocol import Connection, Refused
from roost import ROOT

POLL = 0.001
PATIENCE = 60


class NotYet(Exception):
    """The server answers, and serves nobody yet."""


class Engine:
    """`add`: what `roost engine add` takes; nothing where the machine's own packages have the server."""

    def __init__(self, type, questions, add=None):
        self.type, self.add = type, add
        self.through_endpoint, self.bare = questions

    @property
    def is_here(self):
        return self.add is None or self.add.exists()

    def first_answer(self, address, is_bare=False):
        question = self.bare if is_bare else self.through_endpoint
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return question(address)
            except (OSError, Refused, NotYet):
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL)


def answer_ms(engine, address):
    """Of one question to a server that is known to answer."""
    start = time.perf_counter()
    engine.through_endpoint(address)
    return (time.perf_counter() - start) * 1000


def mysql(address):
    connection = Connection(address.hostname, address.port, unquote(address.username), unquote(address.password))
    expect(connection.value("select 1"), "1")
    connection.close()


def connector(address):
    """Oracle's MySQL signs on by a method that takes a driver's worth of code."""
    import mysql.connector as driver

    try:
        connection = driver.connect(
            host=address.hostname, port=address.port, user=unquote(address.username),
            password=unquote(address.password), use_pure=True)
    except driver.Error as error:
        raise NotYet(str(error)) from error
    cursor = connection.cursor()
    cursor.execute("select 1")
    expect(cursor.fetchone()[0], 1)
    connection.close()


def psycopg(address):
    import psycopg as driver

    try:
        with driver.connect(address.geturl(), connect_timeout=5) as connection:
            expect(connection.execute("select 1").fetchone()[0], 1)
    except driver.OperationalError as error:
        raise NotYet(str(error)) from error


def postgresql_asks_who(address):
    """The roles come with Roost's opening; a bare server serves once it asks a stranger to sign on."""
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        body = struct.pack(">I", 3 << 16) + b"user\0nobody\0database\0postgres\0\0"
        connection.sendall(struct.pack(">I", len(body) + 4) + body)
        answer = connection.recv(512)
    # 57P03: the database system is starting up.
    if not answer or b"57P03" in answer:
        raise NotYet("it is starting up")


def redis(address):
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        connection.sendall(f"AUTH {unquote(address.username)} {unquote(address.password)}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2:
            part = connection.recv(512)
            if not part:
                raise NotYet("it closed the connection")
            answer += part
    if b"LOADING" in answer:
        raise NotYet("it is loading")
    expect(answer, b"+OK\r\n+PONG\r\n")


def redis_asks_who(address):
    """The shown user comes with Roost's opening; a bare server serves once it asks a stranger to sign on."""
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        connection.sendall(b"PING\r\n")
        if not connection.recv(512).startswith((b"-NOAUTH", b"+PONG")):
            raise NotYet("it is loading")


def pymongo(address):
    import pymongo as driver

    try:
        with driver.MongoClient(address.geturl(), serverSelectionTimeoutMS=5000) as client:
            expect(client.admin.command("ping")["ok"], 1.0)
    except driver.errors.PyMongoError as error:
        raise NotYet(str(error)) from error


def mongodb_says_hello(address):
    """A bare member is in no set and has no users: it serves once it answers `hello`."""
    body = b"\x10hello\0\x01\0\0\0" + b"\x02$db\0\x06\0\0\0admin\0"
    document = struct.pack("<i", len(body) + 5) + body + b"\0"
    message = struct.pack("<iiiiIB", 21 + len(document), 1, 0, 2013, 0, 0) + document
    with socket.create_connection((address.hostname, address.port), 5) as connection:
        connection.sendall(message)
        if b"maxWireVersion" not in connection.recv(4096):
            raise NotYet("it answered something else")


def expect(found, wanted):
    if found != wanted:
        raise RuntimeError(f"{found!r} instead of {wanted!r}")


def newest(pattern):
    found = sorted((ROOT / ".build").glob(pattern))
    return found[-1] if found else ROOT / ".build" / pattern


def drivers_are_loaded():
    """Their import is no part of any figure."""
    import mysql.connector, psycopg, pymongo  # noqa: E401, F401


ENGINES = [
    Engine("mariadb", (mysql, mysql)),
    Engine("mysql", (connector, connector), newest("vendor/mysql-*.tar.zst")),
    Engine("postgresql", (psycopg, postgresql_asks_who)),
    Engine("redis", (redis, redis_asks_who)),
    Engine("valkey", (redis, redis_asks_who), newest("vendor/valkey-*.tar.zst")),
    Engine("mongodb", (pymongo, mongodb_says_hello), newest("test-engines/mongodb-*")),
]
