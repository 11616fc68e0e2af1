"""A worker was killed inside `with lock:`; the others wait for the lock."""
import multiprocessing
import os
import signal
import time
from case import say


def store(lock, n):
    time.sleep(0.2 * n)
    if n:
        say("process", os.getpid())
    with lock:
        if n == 0:
            time.sleep(0.6)
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    lock = multiprocessing.Lock()
    crew = [multiprocessing.Process(target=store, args=(lock, n)) for n in range(3)]
    for one in crew:
        one.start()
    crew[0].join()
    say("ready")
    for one in crew:
        one.join()
