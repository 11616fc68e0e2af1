#!/usr/bin/env python3
"""What Telltale says a forked pool has of memory, and what is true.

    benches/memory_truth.py [--binary target/release/telltale] [--seconds 12]

Starts 1 + 8 processes that share 256 MB, and lets each child write to 16 MB of it, which its resident size does not
tell. Everything ends with this program. It prints the sum of all PSS read at once (wanted), what Telltale says (got),
and the sum of resident sizes; it ends with 1 if got is more than 3 % off. Standard library only, Linux only.
"""
import argparse, json, os, signal, subprocess, sys, time

POOL = """
import ctypes, os, signal
shared = bytearray(os.urandom(4096)) * (256 << 8)
signal.alarm(120)
for _ in range(8):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 9)
        for page in range(0, 16 << 20, 4096): shared[page] ^= 1
        signal.alarm(120)
        signal.pause()
print("ready", flush=True)
signal.pause()
"""


def kib(pid, file, field):
    for line in open(f"/proc/{pid}/{file}"):
        if line.startswith(field):
            return int(line.split()[1])
    return 0


def tree_of(pid):
    children = open(f"/proc/{pid}/task/{pid}/children").read().split()
    return [pid] + [int(child) for child in children]


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=f"{here}/target/release/telltale")
    parser.add_argument("--seconds", type=float, default=12)
    args = parser.parse_args()
    pool = subprocess.Popen([sys.executable, "-S", "-E", "-c", POOL], stdout=subprocess.PIPE)
    try:
        assert pool.stdout.readline() == b"ready\n"
        command = [args.binary, "attach", str(pool.pid), "--headless"]
        watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        told, began = [], time.monotonic()
        while time.monotonic() - began < args.seconds:
            told.append(json.loads(watch.stdout.readline()))
        watch.send_signal(signal.SIGINT)
        watch.wait()
        pids = tree_of(pool.pid)
        wanted = sum(kib(pid, "smaps_rollup", "Pss:") for pid in pids) / 1024
        resident = sum(kib(pid, "status", "VmRSS:") for pid in pids) / 1024
    finally:
        pool.kill()
        pool.wait()
    print(f"{'':24} {'MiB':>9} {'off':>8}")
    print(f"{'wanted: PSS, all at once':24} {wanted:9.1f}")
    print(f"{'sum of resident sizes':24} {resident:9.1f} {resident / wanted - 1:+8.1%}")
    off = 0.0
    for when, snapshot in (("got: first snapshot", told[0]), ("got: last snapshot", told[-1])):
        memory = snapshot["jobs"][0]["memory"]
        got = memory["used"] / (1 << 20)
        off = got / wanted - 1
        print(f"{when:24} {got:9.1f} {off:+8.1%}  {json.dumps(memory['basis'])}")
    sys.exit(abs(off) > 0.03)


main()
