"""apply_async(...).get(): the worker with the task is killed from outside."""
import multiprocessing
import os
import signal
import time
from case import say


def transcode(n):
    if n == 2:
        say("process", os.getpid())
        say("ready")
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return n


if __name__ == "__main__":
    say("process", os.getpid())
    pool = multiprocessing.Pool(2)
    tickets = [pool.apply_async(transcode, (n,)) for n in range(4)]
    pool.close()
    print([t.get() for t in tickets])
