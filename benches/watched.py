#!/usr/bin/env python3
"""What being watched costs a job: its own throughput with and without Telltale.

    benches/watched.py [--binary target/release/telltale] [--pairs 20] [--seconds 5] [--workers N] [--mib 256]

One job runs all the time: N workers (one for each core), each with a large heap, which hash, map and unmap memory (what a
reading of shares would hold up), print a counter and count their units. Windows with and without `telltale attach
--headless` on it follow each other in random order within each pair, so that a machine that gets slower hurts both.
Prints the ratio of units done, watched over unwatched: median over pairs with the middle half, and the same for windows
that are both unwatched, which is the noise of this machine. Standard library only, Linux only.
"""
import argparse, mmap, os, random, signal, statistics, struct, subprocess, sys, tempfile, time

JOB = """
import ctypes, hashlib, mmap, os, signal, struct, sys
workers, mib, counters, log = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
signal.alarm(3600)
file = open(counters, "r+b")
shared = mmap.mmap(file.fileno(), 8 * workers)
for at in range(workers):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 9)
        heap = bytearray(os.urandom(4096)) * (mib << 8)
        block, units, out = os.urandom(256 << 10), 0, open(log, "a", buffering=1)
        while True:
            hashlib.sha256(block).digest()
            with mmap.mmap(-1, 1 << 20) as scratch:
                scratch[::4096] = b"x" * 256
            heap[(units * 4096) % len(heap)] ^= 1
            units += 1
            struct.pack_into("q", shared, 8 * at, units)
            if units % 500 == 0:
                print(f"worker {at}: {units} blocks", file=out)
print("ready", flush=True)
signal.pause()
"""


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=f"{here}/target/release/telltale")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--mib", type=int, default=256)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counters, log = os.path.join(folder, "counters"), os.path.join(folder, "job.log")
        open(log, "w").close()
        with open(counters, "wb") as file:
            file.write(bytes(8 * args.workers))
        shared = mmap.mmap(os.open(counters, os.O_RDWR), 8 * args.workers)
        done = lambda: sum(struct.unpack_from(f"{args.workers}q", shared))
        command = [sys.executable, "-S", "-E", "-c", JOB, str(args.workers), str(args.mib), counters, log]
        job = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert job.stdout.readline() == b"ready\n"
            while done() < 2000 * args.workers:
                time.sleep(0.1)

            def window(is_watched):
                watch = None
                if is_watched:
                    command = [args.binary, "attach", str(job.pid), "--log", log, "--headless"]
                    quiet = subprocess.DEVNULL
                    watch = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
                began, units = time.monotonic(), done()
                time.sleep(args.seconds)
                rate = (done() - units) / (time.monotonic() - began)
                if watch:
                    assert watch.poll() is None, "the watcher has ended"
                    watch.send_signal(signal.SIGINT)
                    watch.wait()
                return rate

            ratios, noise = [], []
            for _ in range(args.pairs):
                order = [True, False, False]
                random.shuffle(order)
                rates = [(is_watched, window(is_watched)) for is_watched in order]
                [watched] = [rate for is_watched, rate in rates if is_watched]
                one, other = [rate for is_watched, rate in rates if not is_watched]
                ratios.append(watched / ((one + other) / 2))
                noise.append(one / other)
        finally:
            job.kill()
            job.wait()
    for name, values in (("watched / unwatched", ratios), ("unwatched / unwatched", noise)):
        low, middle, high = statistics.quantiles(values, n=4)
        print(f"{name:22} median {middle:7.2%}   middle half {low:7.2%} to {high:7.2%}   {len(values)} pairs")


if __name__ == "__main__":
    main()
