"""What an application does with a MySQL service, through one Python client: `mysql_roundtrip.py pymysql|mysql.connector`.

Reads the environment's JSON on standard input, as `roost env --format json` prints it. Ends with status 0 if all of it
worked, else with the failed check.
"""

import json
import sys
from importlib import import_module
from urllib.parse import unquote, urlsplit

client = import_module(sys.argv[1])
variables = json.load(sys.stdin)
address = urlsplit(variables["DATABASE_URL"])


def connect():
    return client.connect(
        host=address.hostname,
        port=address.port,
        user=unquote(address.username),
        password=unquote(address.password),
        database=address.path.lstrip("/"),
    )


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r} instead of {expected!r}")


# The URL and the single variables name the same service.
check("host", variables["DATA_MYSQL_HOST"], address.hostname)
check("port", variables["DATA_MYSQL_PORT"], str(address.port))
check("login", variables["DATA_MYSQL_LOGIN"], unquote(address.username))
check("password", variables["DATA_MYSQL_PASSWORD"], unquote(address.password))

connection = connect()
cursor = connection.cursor()
cursor.execute("select database()")
check("database", cursor.fetchone(), (variables["DATA_MYSQL_DATABASE"],))

cursor.execute("create table dish (id int auto_increment primary key, name varchar(40), photo longblob)")
photo = bytes(range(256)) * 4096
for name in ("ラーメン", "🍜", "it's \"quoted\" \\ and % signed"):
    cursor.execute("insert into dish (name, photo) values (%s, %s)", (name, photo))
connection.commit()

cursor.execute("insert into dish (name) values (%s)", ("undone",))
connection.rollback()
cursor.execute("select name from dish order by id")
check("rows", [row[0] for row in cursor.fetchall()], ["ラーメン", "🍜", "it's \"quoted\" \\ and % signed"])
cursor.execute("select photo from dish limit 1")
check("a megabyte of bytes", bytes(cursor.fetchone()[0]), photo)

if client.__name__ == "mysql.connector":
    prepared = connection.cursor(prepared=True)
    for number in (1, 2):
        prepared.execute("select name from dish where id = %s", (number,))
        check("a prepared statement", len(prepared.fetchall()), 1)
    prepared.close()

# Another connection sees what was committed, and a wrong password is the client's own kind of error.
with connect() as second:
    cursor = second.cursor()
    cursor.execute("select count(*) from dish")
    check("rows for another connection", cursor.fetchone(), (3,))
try:
    client.connect(host=address.hostname, port=address.port, user=unquote(address.username), password="wrong")
    sys.exit("a wrong password was taken")
except client.Error as error:
    check("the error's number", error.args[0] if client.__name__ == "pymysql" else error.errno, 1045)
print("ok")
