#!/usr/bin/env python3
"""What a diagnosis costs: its CPU and its time, and whether the diagnosed job notices.

    benches/diagnose_cost.py [--binary target/release/telltale] [--seconds 5] [--runs 3]

Diagnoses a tree of 200 sleeping processes, a process of 1,000 threads, a pool of Python processes, and a process that looks at
its own clock all the time. Prints the CPU seconds of an answer, how long it took beyond its window, when the first evidence
was on the screen of a pseudo-terminal, and the longest and the 99.9th percentile gap that the last one saw in its clock
with and without being diagnosed, in turn. Standard library only, Linux only.
"""
import argparse, fcntl, os, pty, resource, select, signal, statistics, struct, subprocess, sys, termios, time

TREE = """
import os, signal, sys, time
signal.alarm(600)
for n in range(int(sys.argv[1])):
    if os.fork() == 0:
        signal.alarm(600)
        time.sleep(600)
print("ready", flush=True)
time.sleep(600)
"""
THREADS = """
import signal, sys, threading, time
signal.alarm(600)
threading.stack_size(64 << 10)
for n in range(int(sys.argv[1])):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
print("ready", flush=True)
time.sleep(600)
"""
POOL = """
import multiprocessing, signal, sys, time
signal.alarm(600)
def work(n):
    signal.alarm(600)
    time.sleep(600)
if __name__ == "__main__":
    with multiprocessing.Pool(int(sys.argv[1])) as pool:
        print("ready", flush=True)
        pool.map(work, range(int(sys.argv[1])))
"""
CLOCK = """
import signal, sys, time
signal.alarm(600)
gaps, last, until = [], time.perf_counter_ns(), None
print("ready", flush=True)
for line in sys.stdin:
    end, gaps, last = time.perf_counter() + float(line), [], time.perf_counter_ns()
    while time.perf_counter() < end:
        now = time.perf_counter_ns()
        gaps.append(now - last)
        last = now
    gaps.sort()
    print(gaps[-1] / 1e6, gaps[int(len(gaps) * 0.999)] / 1e3, flush=True)
"""


def start(code, *args):
    job = subprocess.Popen([sys.executable, "-c", code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                           start_new_session=True)
    assert job.stdout.readline() == "ready\n"
    time.sleep(0.5)
    return job


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def answer(opt, pid):
    """CPU seconds and seconds of one answer."""
    before, began = cpu(), time.monotonic()
    subprocess.run([opt.binary, "diagnose", str(pid), "--json", "--seconds", str(opt.seconds)], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return cpu() - before, time.monotonic() - began


def first_evidence(opt, pid):
    """Seconds until something was on the terminal."""
    began = time.monotonic()
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        os.execv(opt.binary, [opt.binary, "diagnose", str(pid), "--seconds", str(opt.seconds)])
    select.select([terminal], [], [], opt.seconds + 20)
    first = time.monotonic() - began
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    os.waitpid(child, 0)
    os.close(terminal)
    return first


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--binary", default=os.path.join(here, "target/release/telltale"))
    ap.add_argument("--seconds", type=float, default=5)
    ap.add_argument("--runs", type=int, default=3)
    opt = ap.parse_args()
    print(f"{'job':34} {'CPU s':>7} {'answer s':>9} {'first s':>8}   medians of {opt.runs}, window of {opt.seconds:g} s")
    for name, code, arg in [("200 processes", TREE, "200"), ("a process of 1,000 threads", THREADS, "1000"),
                            ("a pool of 8 Python processes", POOL, "8")]:
        job = start(code, arg)
        try:
            costs = [answer(opt, job.pid) for _ in range(opt.runs)]
            firsts = [first_evidence(opt, job.pid) for _ in range(opt.runs)]
        finally:
            os.killpg(job.pid, signal.SIGKILL)
            job.wait()
        used, took = (statistics.median(column) for column in zip(*costs))
        print(f"{name:34} {used:7.2f} {took:9.2f} {statistics.median(firsts):8.2f}")
    job = start(CLOCK)
    seen = {False: [], True: []}
    try:
        for turn in range(2 * opt.runs):
            is_asked = turn % 2 == 1
            job.stdin.write(f"{opt.seconds + 1}\n")
            job.stdin.flush()
            if is_asked:
                answer(opt, job.pid)
            seen[is_asked].append([float(word) for word in job.stdout.readline().split()])
    finally:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    for is_asked in (False, True):
        longest, usual = (statistics.median(column) for column in zip(*seen[is_asked]))
        print(f"gaps in the clock of a job {'while diagnosed' if is_asked else 'left alone':15}: longest {longest:6.2f} ms, "
              f"99.9 % below {usual:6.1f} us")


if __name__ == "__main__":
    main()
