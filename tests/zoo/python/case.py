"""How a case in Python tells the runner the truth about itself; see ../run.py."""
import os
import sys
import threading


def say(*words):
    """Adds one line to the truth; to the standard error when nobody wants to know it."""
    line = " ".join(map(str, words)) + "\n"
    path = os.environ.get("CASE_TRUTH")
    if not path:
        sys.stderr.write(line)
        return
    with open(path, "a") as f:
        f.write(line)


def say_me():
    say("thread", os.getpid(), threading.get_native_id())
