"""Idle: an asyncio server with a timer, and two threads of its executor that have nothing to do."""
import asyncio
from case import say


async def serve(reader, writer):
    writer.write(await reader.read(10))


async def main():
    await asyncio.gather(*(asyncio.to_thread(sum, range(1000)) for _ in range(4)))
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    say("ready")
    async with server:
        while True:
            await asyncio.sleep(45)


asyncio.run(main())
