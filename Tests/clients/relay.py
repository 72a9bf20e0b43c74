"""Relays connections to 127.0.0.1: `relay.py LISTEN TARGET`. Prints a line once it listens; ends with its input."""

import asyncio
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # The other direction ends, too.
    finally:
        writer.close()


async def relay(reader, writer):
    try:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    except OSError:
        writer.close()
        return
    await asyncio.gather(copy(reader, server_writer), copy(server_reader, writer))


async def main():
    await asyncio.start_server(relay, "127.0.0.1", int(sys.argv[1]))
    print("listening", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
