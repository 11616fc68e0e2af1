"""Coroutines wait for items of a queue whose producer returned early; no socket, no timer."""
import asyncio
import os
from case import say


async def consume(items):
    while True:
        await items.get()


async def produce(items):
    for n in range(5):
        await items.put(n)


async def main():
    items = asyncio.Queue()
    crew = [asyncio.create_task(consume(items)) for _ in range(4)]
    await produce(items)
    await asyncio.sleep(0.3)
    say("process", os.getpid())
    say("ready")
    await asyncio.gather(*crew)


asyncio.run(main())
