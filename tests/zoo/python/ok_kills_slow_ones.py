"""Healthy: runs each check in a child, kills those that take too long, and goes on."""
import subprocess
import sys
from case import say

say("ready")
n = 0
while True:
    n += 1
    child = subprocess.Popen(["sleep", "30" if n % 3 == 0 else "0.1"])
    try:
        child.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    print("checked", n, flush=True)
