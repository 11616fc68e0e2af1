"""Three threads, three reentrant locks, acquire() without `with`, in a ring."""
import threading
import time
from case import say, say_me

locks = [threading.RLock() for _ in range(3)]


def step(n):
    say_me()
    locks[n].acquire()
    time.sleep(0.4)
    locks[(n + 1) % 3].acquire()


crew = [threading.Thread(target=step, args=(n,)) for n in range(3)]
for one in crew:
    one.start()
time.sleep(0.7)
say("ready")
for one in crew:
    one.join()
