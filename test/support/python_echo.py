"""Echoes WebSocket messages on a free port of 127.0.0.1 and prints the port. Runs on every python3-websockets since 10."""

import asyncio
import signal

try:
    from websockets.asyncio.server import serve
except ImportError:  # before 13
    from websockets import serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with serve(echo, "127.0.0.1", 0) as server:
        print(list(server.sockets)[0].getsockname()[1], flush=True)
        await stopped.wait()


asyncio.run(main())
