"""Whether clients take the addresses that `roost url` prints. Reads on standard input one JSON document:
`[{"client": "sqlalchemy", "url": …}, …]`, and prints one line each: `sqlalchemy ok`, or what was wrong. A client that is
not installed is `absent`. Each opens the address as its library is given one, and asks for 6 * 7.
"""

import json
import sys


def plain_mysql(url):
    """A client that is given the parts of the plain address."""
    import pymysql
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    if parts.query:
        sys.exit(f"the plain address has a query: {parts.query}")
    connection = pymysql.connect(
        host=parts.hostname, port=parts.port, user=unquote(parts.username), password=unquote(parts.password),
        database=parts.path.lstrip("/"))
    cursor = connection.cursor()
    cursor.execute("select 6 * 7")
    return cursor.fetchone()[0]


def sqlalchemy(url):
    import sqlalchemy as library

    # The plain address names no driver; SQLAlchemy's own default is not installed everywhere.
    for plain, full in (("mysql://", "mysql+pymysql://"), ("postgresql://", "postgresql+psycopg://")):
        url = full + url[len(plain):] if url.startswith(plain) else url
    with library.create_engine(url).connect() as connection:
        return connection.execute(library.text("select 6 * 7")).scalar()


def django(url):
    import dj_database_url
    import pymysql
    from django.conf import settings
    from django.db import ConnectionHandler

    # Django asks for mysqlclient by its version; PyMySQL stands in for it, as its users do.
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
    if not settings.configured:
        settings.configure()
    connection = ConnectionHandler({"default": dj_database_url.parse(url)})["default"]
    with connection.cursor() as cursor:
        cursor.execute("select 6 * 7")
        value = cursor.fetchone()[0]
    connection.close()
    return value


def psycopg(url):
    import psycopg as library

    return library.connect(url).execute("select 6 * 7").fetchone()[0]


def redis_py(url):
    import redis

    client = redis.from_url(url)
    client.set("answer", 42)
    return int(client.get("answer"))


def pymongo(url):
    import pymongo as library

    return 42 if library.MongoClient(url, serverSelectionTimeoutMS=10000).admin.command("ping")["ok"] == 1 else 0


clients = {
    "pymysql": plain_mysql, "sqlalchemy": sqlalchemy, "django": django, "psycopg": psycopg, "redis-py": redis_py,
    "pymongo": pymongo,
}
for item in json.load(sys.stdin):
    try:
        value = clients[item["client"]](item["url"])
        print(item["client"], "ok" if value == 42 else f"answered {value!r}")
    except ImportError as error:
        print(item["client"], f"absent ({error})")
    except Exception as error:
        print(item["client"], f"{type(error).__name__}: {error}".replace(item["url"], "the address"))
