"""A thread opens a named pipe for reading and its writer never comes; the main thread joins it."""
import os
import threading
from case import say, say_me

os.mkfifo("events")


def read():
    say_me()
    say("path", os.path.realpath("events"))
    say("ready")
    open("events").read()


one = threading.Thread(target=read)
one.start()
one.join()
