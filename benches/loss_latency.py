#!/usr/bin/env python3
"""How long it takes until a killed worker is told of with its cause.

    benches/loss_latency.py [--binary target/release/telltale] [--kills 20]

Watches a pool of four processes with `telltale attach --headless`, kills one worker after the other with SIGKILL, and
takes the time from the kill to the line of JSON that names the worker and SIGKILL. The pool's parent reaps at once and
replaces who died. Each way in which a kernel may tell is tried: all that this one has, zombies alone, the process
connector alone. Prints median and longest in milliseconds, and how many were told with their cause; it ends with 1 if
the longest with all ways is above 200 ms. What it starts ends with it. Standard library only, Linux only.
"""
import argparse, json, os, random, signal, statistics, subprocess, sys, threading, time

POOL = """
import os, signal, time
signal.alarm(300)
def worker():
    pid = os.fork()
    if pid == 0:
        signal.alarm(300)
        while True: time.sleep(0.05)
    return pid
workers = [worker() for _ in range(4)]
print("ready", flush=True)
while True:
    pid, _ = os.wait()
    worker()
"""


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children").read().split()]


class Watch:
    """The lines of one watch, read as they come."""

    def __init__(self, binary, pid, ways):
        environment = {**os.environ, "TELLTALE_EXITS": ways}
        command = [binary, "attach", str(pid), "--headless"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        self.changed = threading.Condition()
        self.seen, self.told = {}, {}
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            now = time.monotonic()
            job = json.loads(line)["jobs"][0]
            with self.changed:
                for member in job["members"]:
                    pid = member["id"]["process"]["pid"]
                    self.seen.setdefault(pid, now)
                    lost = isinstance(member["activity"], dict) and member["activity"].get("lost")
                    if lost == {"signal": 9}:
                        self.told.setdefault(pid, now)
                self.changed.notify_all()

    def wait_for(self, table, pid, seconds):
        with self.changed:
            self.changed.wait_for(lambda: pid in table, seconds)
            return table.get(pid)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def measure(binary, ways, kills):
    pool = subprocess.Popen([sys.executable, "-S", "-E", "-c", POOL], stdout=subprocess.PIPE)
    took = []
    try:
        assert pool.stdout.readline() == b"ready\n"
        watch = Watch(binary, pool.pid, ways)
        for _ in range(kills):
            victim = random.choice(children(pool.pid))
            assert watch.wait_for(watch.seen, victim, 10), "the worker was never seen"
            time.sleep(random.uniform(0.2, 1.2))
            killed = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            told = watch.wait_for(watch.told, victim, 3)
            if told:
                took.append((told - killed) * 1000)
        watch.end()
    finally:
        for child in children(pool.pid):
            os.kill(child, signal.SIGKILL)
        pool.kill()
        pool.wait()
    return took


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=f"{here}/target/release/telltale")
    parser.add_argument("--kills", type=int, default=20)
    args = parser.parse_args()
    print(f"{'ways of learning it':24} {'told':>7} {'median ms':>10} {'longest ms':>11}")
    longest = None
    for ways, name in (("", "all of this kernel"), ("zombie", "zombies alone"), ("connector", "the process connector")):
        took = measure(args.binary, ways, args.kills)
        told = f"{len(took)}/{args.kills}"
        if took:
            print(f"{name:24} {told:>7} {statistics.median(took):10.1f} {max(took):11.1f}", flush=True)
        else:
            print(f"{name:24} {told:>7} {'-':>10} {'-':>11}", flush=True)
        if ways == "":
            longest = max(took) if len(took) == args.kills else None
    sys.exit(longest is None or longest > 200)


main()
