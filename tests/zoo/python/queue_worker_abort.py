"""Workers of one's own on two queues: one aborts in native code, the parent waits for a result too few."""
import multiprocessing
import os
import time
from case import say


def worker(tasks, results):
    while True:
        n = tasks.get()
        if n == 4:
            say("process", os.getpid())
            say("ready")
            time.sleep(0.2)
            os.abort()
        time.sleep(0.05)
        results.put(n)


if __name__ == "__main__":
    say("process", os.getpid())
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    crew = [multiprocessing.Process(target=worker, args=(tasks, results)) for _ in range(3)]
    for one in crew:
        one.start()
    for n in range(12):
        tasks.put(n)
    print([results.get() for _ in range(12)])
