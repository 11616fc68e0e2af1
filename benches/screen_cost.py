#!/usr/bin/env python3
"""What a screen costs: CPU, memory and bytes of a terminal program that watches a process tree.

    benches/screen_cost.py [--processes 200] [--busy 4] [--seconds 60] [--warm-up 8] TOOL...

TOOL is `telltale` (this project's release build), or a command in quotes, such as 'htop -d 10'. `{pid}` in it
stands for the PID of the tree's root. Each tool gets the same tree and a pseudo-terminal of 120x40, one after the
other; standard library only, Linux only. The tree's processes end with this program.

Columns: CPU seconds (user + system) for each minute, resident memory at the end, bytes a second to the terminal,
and the wall time from the start until 1,500 bytes were on the screen.
"""
import argparse, fcntl, os, pty, select, signal, struct, subprocess, sys, termios, time

SLEEPER = "import time; time.sleep(900)"
BUSY = """
import time
while True:
    end = time.perf_counter() + 0.01
    while time.perf_counter() < end: pass
    time.sleep(0.09)
"""
PARENT = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
processes, busy = int(sys.argv[1]), int(sys.argv[2])
for index in range(processes):
    if os.fork() == 0:
        import ctypes; ctypes.CDLL(None).prctl(1, 9)
        if index < busy: exec(sys.argv[4])
        else: exec(sys.argv[3])
        os._exit(0)
print("ready", flush=True)
time.sleep(900)
"""


def start_tree(processes, busy):
    command = [sys.executable, "-S", "-E", "-c", PARENT, str(processes), str(busy), SLEEPER, BUSY]
    tree = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert tree.stdout.readline() == b"ready\n"
    return tree


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])


def drain(fd, until, on_bytes):
    while (left := until - time.monotonic()) > 0:
        if select.select([fd], [], [], left)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            on_bytes(len(data))
            # btop asks for nothing; tools that ask for the cursor's place get an answer.
            if b"\x1b[6n" in data:
                os.write(fd, b"\x1b[1;1R")
    return True


def measure(command, seconds, warm_up):
    total, first = [0], [None]
    started = time.monotonic()

    def count(n):
        total[0] += n
        if first[0] is None and total[0] >= 1500:
            first[0] = time.monotonic() - started

    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LANG="C.UTF-8")
        os.execvp(command[0], command)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        alive = drain(fd, time.monotonic() + warm_up, count)
        before, cpu = total[0], cpu_seconds(pid)
        alive = alive and drain(fd, time.monotonic() + seconds, count)
        cpu, memory, sent = cpu_seconds(pid) - cpu, resident_kib(pid), total[0] - before
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)
    return alive, cpu * 60 / seconds, memory / 1024, sent / seconds, first[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=200)
    parser.add_argument("--busy", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=8)
    parser.add_argument("tool", nargs="+")
    args = parser.parse_args()
    tree = start_tree(args.processes, args.busy)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        print(f"{args.processes} processes, {args.busy} of them busy at 10 %, {args.seconds:.0f} s each, 120x40")
        print(f"{'tool':28} {'CPU s/min':>9} {'RSS MiB':>8} {'bytes/s':>8} {'first screen ms':>16}")
        for tool in args.tool:
            command = f"{here}/target/release/telltale attach {{pid}}" if tool == "telltale" else tool
            command = command.replace("{pid}", str(tree.pid)).split()
            alive, cpu, memory, rate, first = measure(command, args.seconds, args.warm_up)
            first = "-" if first is None else f"{first * 1000:.0f}"
            name = tool if alive else f"{tool} (ended!)"
            print(f"{name:28} {cpu:9.2f} {memory:8.1f} {rate:8.0f} {first:>16}", flush=True)
    finally:
        tree.terminate()
        tree.wait()


main()
