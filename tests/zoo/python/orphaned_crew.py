"""A crew whose leader was killed: the workers wait for tasks that nobody will send."""
import multiprocessing
import os
import signal
import time
from case import say


def work(tasks):
    while tasks.get() is not None:
        time.sleep(0.01)


if __name__ == "__main__":
    leader = os.fork()
    if leader == 0:
        tasks = multiprocessing.Queue()
        crew = [multiprocessing.Process(target=work, args=(tasks,)) for _ in range(3)]
        for one in crew:
            one.start()
            say("process", one.pid)
        for n in range(20):
            tasks.put(n)
        say("attach", crew[0].pid)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(leader, 0)
    time.sleep(0.3)
    say("ready")
