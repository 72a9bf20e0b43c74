"""The same three questions to every engine, each through its official client library.

    URL=mysql://… engine_client.py TYPE put NAME VALUE     writes, and is answered only once it is acknowledged
    URL=mysql://… engine_client.py TYPE get NAME           prints the value
    URL=mysql://… engine_client.py TYPE setting NAME       prints what the server says of one of its settings
"""

import os
import sys
from urllib.parse import unquote, urlsplit

PATIENCE = 60  # seconds: the endpoint holds a client back while its server starts


class MySQL:
    def __init__(self, url, connect, **more):
        address = urlsplit(url)
        self.connection = connect(
            host=address.hostname, port=address.port, user=unquote(address.username),
            password=unquote(address.password), database=address.path.lstrip("/"), autocommit=True, **more)

    def ask(self, statement, *values):
        cursor = self.connection.cursor()
        cursor.execute(statement, values)
        return cursor.fetchone()[0] if cursor.description else None

    def put(self, name, value):
        self.ask("create table if not exists kept (name varchar(40) primary key, value varchar(40))")
        self.ask("replace into kept values (%s, %s)", name, value)

    def get(self, name):
        return self.ask("select value from kept where name = %s", name)

    def setting(self, name):
        return self.ask(f"select @@global.{name}")


def mariadb(url):
    import pymysql

    return MySQL(url, pymysql.connect, connect_timeout=PATIENCE)


def mysql(url):
    import mysql.connector

    return MySQL(url, mysql.connector.connect, connection_timeout=PATIENCE)


class PostgreSQL:
    def __init__(self, url):
        import psycopg

        self.connection = psycopg.connect(url, autocommit=True, connect_timeout=PATIENCE)

    def put(self, name, value):
        self.connection.execute("create table if not exists kept (name text primary key, value text)")
        self.connection.execute(
            "insert into kept values (%s, %s) on conflict (name) do update set value = excluded.value", (name, value))

    def get(self, name):
        return self.connection.execute("select value from kept where name = %s", (name,)).fetchone()[0]

    def setting(self, name):
        return self.connection.execute(f"show {name}").fetchone()[0]


class Redis:
    def __init__(self, url):
        import redis

        self.connection = redis.Redis.from_url(
            url, decode_responses=True, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)

    def put(self, name, value):
        self.connection.set(name, value)

    def get(self, name):
        return self.connection.get(name)

    def setting(self, name):
        return self.connection.info("memory")[name]


class MongoDB:
    def __init__(self, url):
        import pymongo

        self.client = pymongo.MongoClient(url, serverSelectionTimeoutMS=PATIENCE * 1000)

    def put(self, name, value):
        self.client.get_default_database().kept.replace_one({"_id": name}, {"value": value}, upsert=True)

    def get(self, name):
        return self.client.get_default_database().kept.find_one({"_id": name})["value"]

    def setting(self, name):
        return self.client.admin.command("getParameter", **{name: 1})[name]


CLIENTS = {
    "mariadb": mariadb, "mysql": mysql, "postgresql": PostgreSQL, "redis": Redis, "valkey": Redis, "mongodb": MongoDB,
}

if __name__ == "__main__":
    engine, question, *words = sys.argv[1:]
    answer = getattr(CLIENTS[engine](os.environ["URL"]), question)(*words)
    if answer is not None:
        print(answer)
