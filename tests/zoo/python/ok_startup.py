"""Healthy: a program in its start-up reads and compiles hundreds of modules."""
import glob
import os
import sysconfig
from case import say

kept = []
say("ready")
while True:
    kept.clear()
    for path in sorted(glob.glob(os.path.join(sysconfig.get_path("stdlib"), "**/*.py"), recursive=True)):
        try:
            with open(path, encoding="utf-8") as f:
                kept.append(compile(f.read(), path, "exec"))
        except (SyntaxError, ValueError, OSError):
            pass
        if len(kept) > 400:
            kept.clear()
