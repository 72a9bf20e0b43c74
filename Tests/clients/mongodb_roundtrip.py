"""What an application does with a MongoDB service, through pymongo.

Reads the environment's JSON on standard input, as `roost env --format json` prints it. Ends with status 0 if all of it
worked, else with the failed check.
"""

import json
import sys
from urllib.parse import unquote, urlsplit

import pymongo
from pymongo.errors import DuplicateKeyError, OperationFailure

variables = json.load(sys.stdin)
url = variables["MONGODB_URL"]
address = urlsplit(url)


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r} instead of {expected!r}")


# The URL and the single variables name the same service.
check("the long name", variables["DATA_MONGODB_URL"], url)
check("host", variables["DATA_MONGODB_HOST"], address.hostname)
check("port", variables["DATA_MONGODB_PORT"], str(address.port))
check("login", variables["DATA_MONGODB_LOGIN"], unquote(address.username))
check("password", variables["DATA_MONGODB_PASSWORD"], unquote(address.password))
check("no SQL service", "DATABASE_URL" in variables, False)

client = pymongo.MongoClient(url, serverSelectionTimeoutMS=20000)
db = client.get_default_database()
check("database", db.name, variables["DATA_MONGODB_DATABASE"])

photo = bytes(range(256)) * 4096
names = ["ラーメン", "🍜", 'it\'s "quoted" $and %signed']
db.dish.insert_many([{"name": name, "photo": photo} for name in names])
check("rows", [dish["name"] for dish in db.dish.find().sort("_id")], names)
check("a megabyte of bytes", db.dish.find_one()["photo"], photo)

db.dish.create_index("name", unique=True)
try:
    db.dish.insert_one({"name": names[0]})
    sys.exit("a duplicate was taken")
except DuplicateKeyError:
    pass

# Transactions and change streams need a replica set, which one member is.
with client.start_session() as session:
    with session.start_transaction():
        db.bowl.insert_one({"n": 1}, session=session)
    try:
        with session.start_transaction():
            db.bowl.insert_one({"n": 2}, session=session)
            raise KeyError("undone")
    except KeyError:
        pass
check("transactions", [bowl["n"] for bowl in db.bowl.find()], [1])
with db.watch(max_await_time_ms=10000) as stream:
    db.bowl.insert_one({"n": 3})
    check("a change", next(stream)["fullDocument"]["n"], 3)
check("write concern", client.admin.command("getDefaultRWConcern")["defaultWriteConcern"]["w"], "majority")

# The client goes where the set says its member is: the instance's own port at the router, never the server's.
hello = client.admin.command("hello")
check("the set's name", hello["setName"], "ramen.data")
print(hello["me"])

with pymongo.MongoClient(url, password="wrong", serverSelectionTimeoutMS=20000) as stranger:
    try:
        stranger.admin.command("usersInfo")
        sys.exit("a wrong password was taken")
    except OperationFailure as error:
        check("the error's number", error.code, 18)
