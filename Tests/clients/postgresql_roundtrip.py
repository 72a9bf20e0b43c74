"""What an application does with a PostgreSQL service, through psycopg.

Reads the environment's JSON on standard input, as `roost env --format json` prints it. Ends with status 0 if all of it
worked, else with the failed check.
"""

import json
import sys
from urllib.parse import unquote, urlsplit

import psycopg

variables = json.load(sys.stdin)
address = urlsplit(variables["DATABASE_URL"])


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r} instead of {expected!r}")


# The URL and the single variables name the same service.
check("scheme", address.scheme, "postgresql")
check("host", variables["DATA_SQL_HOST"], address.hostname)
check("port", variables["DATA_SQL_PORT"], str(address.port))
check("login", variables["DATA_SQL_LOGIN"], unquote(address.username))
check("password", variables["DATA_SQL_PASSWORD"], unquote(address.password))

names = ["ラーメン", "🍜", "it's \"quoted\" \\ and % signed"]
photo = bytes(range(256)) * 4096

with psycopg.connect(variables["DATABASE_URL"]) as connection:
    check("database", connection.execute("select current_database()").fetchone()[0], variables["DATA_SQL_DATABASE"])
    connection.execute("create table dish (id serial primary key, name text, photo bytea)")
    for name in names:
        connection.execute("insert into dish (name, photo) values (%s, %s)", (name, photo))
    connection.commit()
    connection.execute("insert into dish (name) values ('undone')")
    connection.rollback()
    rows = connection.execute("select name from dish order by id").fetchall()
    check("rows", [row[0] for row in rows], names)
    check("a megabyte of bytes", connection.execute("select photo from dish limit 1").fetchone()[0], photo)
    for number in (1, 2):
        prepared = connection.execute("select name from dish where id = %s", (number,), prepare=True)
        check("a prepared statement", prepared.fetchone()[0], names[number - 1])
    with connection.cursor().copy("copy dish (name) from stdin") as copy:
        for number in range(1000):
            copy.write_row((f"dish {number}",))
    check("copied rows", connection.execute("select count(*) from dish").fetchone()[0], 1003)

with psycopg.connect(variables["DATABASE_URL"]) as connection:
    check("rows of an earlier connection", connection.execute("select count(*) from dish").fetchone()[0], 1003)

wrong = variables["DATABASE_URL"].replace(unquote(address.password), "wrong")
try:
    psycopg.connect(wrong)
except psycopg.OperationalError as error:
    if "password authentication failed" not in str(error):
        sys.exit(f"a wrong password: {error}")
else:
    sys.exit("a wrong password was taken")
