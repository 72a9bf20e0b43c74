"""Small templates, one of each type: of a dump, or of a live service where the type has no dump that could be made here."""

import socket
import subprocess
import time

ROWS = 1000
NAME = "menu"


def add_small(roost, engine, *options):
    """The template's name."""
    name = f"{NAME}-{engine.type}"
    if engine.type == "mongodb":
        of_live_mongodb(roost, name, options)
    else:
        dump = redis_dump(roost.folder) if engine.type == "redis" else sql_dump(roost.folder)
        roost.add_template(name, "--dump", str(dump), "--type", engine.type, *options)
    return name


def sql_dump(folder):
    rows = ",\n".join(f"({number}, 'dish {number}', {number % 40})" for number in range(ROWS))
    path = folder / "menu.sql"
    path.write_text(
        "create table dish (id int primary key, name varchar(40) not null, price int not null);\n"
        f"insert into dish values {rows};\n")
    return path


def redis_dump(folder):
    """Written by a server of its own."""
    path, address = folder / "menu.rdb", folder / "redis.sock"
    if path.exists():
        return path
    options = ["--port", "0", "--save", "", "--dir", str(folder), "--dbfilename", path.name, "--unixsocket", str(address)]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if address.exists():
                break
            time.sleep(0.01)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(address))
            commands = [f"SET dish:{number} {number % 40}" for number in range(ROWS)] + ["SAVE"]
            connection.sendall("".join(f"{command}\r\n" for command in commands).encode())
            answers = b""
            while answers.count(b"+OK\r\n") < len(commands):
                part = connection.recv(65536)
                if not part or b"-ERR" in part:
                    raise RuntimeError(f"redis-server answered {part!r}")
                answers += part
    finally:
        server.terminate()
        server.wait(30)
    return path


def of_live_mongodb(roost, name, options):
    import pymongo as driver

    folder = roost.application("kitchen", "services:\n  menu: {type: mongodb}\n")
    roost.roost("push", folder=folder)
    with driver.MongoClient(roost.variables("kitchen")["MENU_URL"]) as client:
        dishes = client.get_default_database()["dish"]
        dishes.insert_many([{"_id": number, "price": number % 40} for number in range(ROWS)])
    roost.add_template(name, "--from", "kitchen/menu", *options)
    roost.roost("destroy", "-A", "kitchen", "--yes", "--no-keep")
