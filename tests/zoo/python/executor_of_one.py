"""A future waits for another future of the same one-thread executor: neither can start."""
import concurrent.futures
import os
import threading
import time
from case import say

pool = concurrent.futures.ThreadPoolExecutor(1)


def outer():
    return pool.submit(max, 1, 2).result()


first = pool.submit(outer)
time.sleep(0.3)
say("process", os.getpid())
say("ready")
first.result()
