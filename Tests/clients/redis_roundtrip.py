"""What an application does with a Redis or Valkey service, through redis-py: `redis_roundtrip.py SERVICE`.

Reads the environment's JSON on standard input, as `roost env --format json` prints it. Ends with status 0 if all of it
worked, else with the failed check.
"""

import json
import sys
from urllib.parse import unquote, urlsplit

import redis

name = sys.argv[1].upper()
variables = json.load(sys.stdin)
url = variables[f"{name}_URL"]
address = urlsplit(url)


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r} instead of {expected!r}")


# The URL and the single variables name the same service.
check("url", variables[f"{name}_REDIS_URL"], url)
check("host", variables[f"{name}_REDIS_HOST"], address.hostname)
check("port", variables[f"{name}_REDIS_PORT"], str(address.port))
check("login", variables[f"{name}_REDIS_LOGIN"], unquote(address.username))
check("password", variables[f"{name}_REDIS_PASSWORD"], unquote(address.password))
check("database", variables[f"{name}_REDIS_DATABASE"], "0")

client = redis.Redis.from_url(url, decode_responses=True)
check("ping", client.ping(), True)
check("set", client.set("greeting", "日本のラーメン"), True)
check("get", client.get("greeting"), "日本のラーメン")
check("incr", [client.incr("counter") for _ in range(3)], [1, 2, 3])
client.hset("bowl", mapping={"soup": "miso", "price": 12})
check("hash", client.hgetall("bowl"), {"soup": "miso", "price": "12"})

with client.pipeline(transaction=True) as pipeline:
    pipeline.rpush("queue", "a", "b", "c").lrange("queue", 0, -1)
    check("transaction", pipeline.execute(), [3, ["a", "b", "c"]])

check("script", client.eval("return redis.call('GET', KEYS[1])", 1, "counter"), "3")
channel = client.pubsub(ignore_subscribe_messages=True)
channel.subscribe("orders")
channel.get_message(timeout=5)
client.publish("orders", "one ramen")
message = channel.get_message(timeout=5)
check("message", message and message["data"], "one ramen")

# Only a password, as older clients send it.
alone = redis.Redis(host=address.hostname, port=address.port, password=unquote(address.password))
check("password alone", alone.ping(), True)
try:
    client.config_set("maxmemory", 0)
    sys.exit("CONFIG SET was allowed")
except redis.exceptions.NoPermissionError:
    pass
print("ok")
