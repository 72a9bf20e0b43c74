"""A ledger that shows whether an image of a running database is one moment's: numbered entries, and a total beside them.

    URL=mysql://… ledger.py TYPE write [NAME]            appends entries until its input ends; prints each number once it
                                                         is acknowledged; without a name it also moves files about
    URL=mysql://… ledger.py TYPE check LOW HIGH [NAME]   checks that the entries are 1 to N without a gap, LOW <= N <=
                                                         HIGH, and that the total is theirs; prints N

NAME: of one ledger among several in a database, a letter.
"""

import os
import sys
import threading
from urllib.parse import unquote, urlsplit

ended = threading.Event()


def wait_for_end():
    sys.stdin.read()
    ended.set()


class SQL:
    """Two tables, changed in one transaction; another that is altered, filled and dropped all the while."""

    name = ""
    is_moving = False
    # What a table is made with besides.
    punched = ""

    def make(self):
        entries, totals = f"entries{self.name}", f"totals{self.name}"
        self.run(f"create table if not exists {entries} (n bigint primary key, filler varchar(200)){self.punched}")
        self.run(f"create table if not exists {totals} (id int primary key, total bigint)")
        if not self.rows(f"select id from {totals}"):
            self.run(f"insert into {totals} values (1, 0)")
        return self.rows(f"select coalesce(max(n), 0) from {entries}")[0][0]

    def add(self, n):
        self.run("begin")
        self.run(f"insert into entries{self.name} values ({n}, '{'x' * (n % 200)}')")
        self.run(f"update totals{self.name} set total = total + {n} where id = 1")
        self.run("commit")

    def disturb(self, n):
        """What moves files about: a table that is made, altered (which renames one over another), grown and dropped."""
        step = n % 40
        if step == 2:
            self.run(f"create table if not exists moving (a bigint primary key, b varchar(300)){self.punched}")
            self.is_moving = True
        elif not self.is_moving:
            return
        elif step in (8, 16):
            values = ",".join(f"({n * 1000 + i}, '{'y' * 300}')" for i in range(500))
            self.run(f"insert into moving values {values}")
        elif step == 20:
            self.run(f"alter table moving add column c int default 0{self.copying}")
        elif step == 32:
            self.run("drop table moving")
            self.is_moving = False

    def check(self, low, high):
        numbers = "count(*), coalesce(max(n), 0), coalesce(sum(n), 0)"
        count, last, total = self.rows(f"select {numbers} from entries{self.name}")[0]
        kept = self.rows(f"select total from totals{self.name}")[0][0]
        assert count == last, f"{count} entries, and the last is {last}"
        assert int(total) == int(kept), f"the entries make {total}, and the total says {kept}"
        assert low <= last <= high, f"the last entry is {last}, not {low} to {high}"
        self.verify()
        return last


class MySQL(SQL):
    copying = ", algorithm=copy"

    def __init__(self, url, connect, punched, **more):
        # Compressed pages: the server punches a hole behind each that it writes, by direct I/O.
        self.punched = f" {punched}"
        address = urlsplit(url)
        self.connection = connect(
            host=address.hostname, port=address.port, user=unquote(address.username),
            password=unquote(address.password), database=address.path.lstrip("/"), autocommit=True, **more)

    def run(self, statement):
        cursor = self.connection.cursor()
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        cursor.close()
        return rows

    rows = run

    def verify(self):
        for (name,) in self.rows("show tables"):
            rows = self.rows(f"check table {name} extended")
            # The rows before the last one say what is wrong with it.
            assert rows[-1][2:] == ("status", "OK") and not any(row[2].lower() == "error" for row in rows), f"{rows}"


class PostgreSQL(SQL):
    # A new file for the table, in any case.
    copying = ", alter column b type varchar(400) using b || ''"

    def __init__(self, url):
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True)

    def run(self, statement):
        self.connection.execute(statement)

    def rows(self, statement):
        return self.connection.execute(statement).fetchall()

    def verify(self):
        """Every row and every index is read; amcheck needs a superuser, and is the test's own."""
        for (name,) in self.rows("select tablename from pg_tables where schemaname = 'public'"):
            plain = self.rows(f"select count(*), md5(string_agg(t::text, ',' order by t::text)) from {name} t")
            self.run("set enable_seqscan = off")
            by_index = self.rows(f"select count(*), md5(string_agg(t::text, ',' order by t::text)) from {name} t")
            self.run("reset enable_seqscan")
            assert plain == by_index, f"{name} reads differently by its index"


class Redis:
    name = ""

    def __init__(self, url):
        import redis

        self.connection = redis.Redis.from_url(url, decode_responses=True)

    def make(self):
        return int(self.connection.get(f"last{self.name}") or 0)

    def add(self, n):
        pipe = self.connection.pipeline(transaction=True)
        pipe.rpush(f"entries{self.name}", n).incrby(f"total{self.name}", n).set(f"last{self.name}", n).execute()

    def disturb(self, n):
        if n % 400 == 0:
            try:
                self.connection.bgrewriteaof()
            except Exception:  # Not offered to everybody; then nothing moves.
                pass

    def check(self, low, high):
        entries = [int(n) for n in self.connection.lrange(f"entries{self.name}", 0, -1)]
        last = int(self.connection.get(f"last{self.name}") or 0)
        total = int(self.connection.get(f"total{self.name}") or 0)
        assert entries == list(range(1, last + 1)), f"{len(entries)} entries, and the last is {last}"
        assert total == sum(entries), f"the entries make {sum(entries)}, and the total says {total}"
        assert low <= last <= high, f"the last entry is {last}, not {low} to {high}"
        return last


class MongoDB:
    name = ""

    def __init__(self, url):
        import pymongo

        self.client = pymongo.MongoClient(url)
        self.database = self.client.get_default_database()

    @property
    def entries(self):
        return self.database[f"entries{self.name}"]

    @property
    def totals(self):
        return self.database[f"totals{self.name}"]

    def make(self):
        if self.totals.find_one({"_id": 1}) is None:
            self.totals.insert_one({"_id": 1, "total": 0})
        last = self.entries.find_one(sort=[("_id", -1)])
        return last["_id"] if last else 0

    def add(self, n):
        import pymongo.errors

        for attempt in range(3):
            try:
                return self.add_once(n)
            except pymongo.errors.OperationFailure as error:
                # The server undid it, and asks every client to do it again. A connection that broke is another matter.
                if attempt == 2 or not error.has_error_label("TransientTransactionError"):
                    raise

    def add_once(self, n):
        with self.client.start_session() as session, session.start_transaction():
            self.entries.insert_one({"_id": n, "filler": "x" * (n % 200)}, session=session)
            self.totals.update_one({"_id": 1}, {"$inc": {"total": n}}, session=session)

    def disturb(self, n):
        step = n % 40
        if step == 8:
            self.database.moving.insert_many([{"a": n * 1000 + i, "b": "y" * 300} for i in range(500)])
        elif step == 20:
            self.database.moving.create_index("a")
        elif step == 32:
            self.database.moving.drop()

    def check(self, low, high):
        entries = [row["_id"] for row in self.entries.find(sort=[("_id", 1)])]
        total = self.totals.find_one({"_id": 1})["total"]
        last = entries[-1] if entries else 0
        assert entries == list(range(1, last + 1)), f"{len(entries)} entries, and the last is {last}"
        assert total == sum(entries), f"the entries make {sum(entries)}, and the total says {total}"
        assert low <= last <= high, f"the last entry is {last}, not {low} to {high}"
        for name in self.database.list_collection_names():
            result = self.database.validate_collection(name, full=True)
            assert result["valid"], f"{result}"
        return last


def connect(engine, url):
    if engine == "mariadb":
        import pymysql

        return MySQL(url, pymysql.connect, "page_compressed=1")
    if engine == "mysql":
        import mysql.connector

        return MySQL(url, mysql.connector.connect, "compression='zlib'")
    return {"postgresql": PostgreSQL, "redis": Redis, "valkey": Redis, "mongodb": MongoDB}[engine](url)


if __name__ == "__main__":
    kind, task, *rest = sys.argv[1:]
    ledger = connect(kind, os.environ["URL"])
    if task == "check":
        low, high, *names = rest
        ledger.name = "".join(names)
        print(ledger.check(int(low), int(high)))
    else:
        ledger.name = "".join(rest)
        threading.Thread(target=wait_for_end, daemon=True).start()
        number = ledger.make()
        while not ended.is_set():
            number += 1
            ledger.add(number)
            print(number, flush=True)
            if not ledger.name:
                ledger.disturb(number)
