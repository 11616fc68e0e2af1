#!/usr/bin/env python3
"""What a scan costs beside the cheapest thing that reads the same files: ripgrep for a pattern that never matches.

    benches/scan_cost.py                       the sources of crates under the cargo home, 5 pairs
    benches/scan_cost.py --runs 9 FOLDER
    benches/scan_cost.py --one-line 1024       one line of 1,024 MiB instead, in a temporary folder

Both read the same tree, warm (one pair is thrown away), in turn: A B A B. Both are told to leave nothing out
(`--no-ignore`; ripgrep also `--hidden --text`, or it would leave binary files at their first NUL). CPU seconds are
user + system of the whole process, from wait4(2). Ratios are taken pair by pair, since both of a pair saw the same
machine. The peak of resident memory is VmHWM of one more run, looked at every two milliseconds: ru_maxrss would
show at least the size of this script. Python 3.10, ripgrep and a release build are all it takes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# A literal, so that ripgrep takes its fastest way; put together here, so that not even this file holds it.
NEVER = "qzx" + "vjq" * 4 + "zzqj"


def measure(command):
    """Wall seconds, CPU seconds and exit code of one run."""
    started = time.perf_counter()
    child = start(command)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    return wall, used.ru_utime + used.ru_stime, child.returncode


def start(command):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def peak(command):
    """The peak of resident memory in MiB."""
    child, most = start(command), 0
    while child.poll() is None:
        try:
            with open(f"/proc/{child.pid}/status") as status:
                most = max([most] + [int(line.split()[1]) for line in status if line.startswith("VmHWM:")])
        except OSError:
            pass
        time.sleep(0.002)
    return most / 1024


def tree_size(root):
    files = size = 0
    for folder, names, leaves in os.walk(root):
        names[:] = [name for name in names if name != ".git"]
        for leaf in leaves:
            stat = os.lstat(os.path.join(folder, leaf))
            files += 1
            size += stat.st_size
    return files, size


def one_line(folder, mebibytes):
    """One line of words and numbers, as minified code has them, with a secret at its end."""
    unit = (b"var a1=function(b,c){return b+c*42};key_of_map.push({id:12345,name:'x'});" * 15_000)[: 1 << 20]
    path = os.path.join(folder, "one-line.js")
    with open(path, "wb") as file:
        for _ in range(mebibytes):
            file.write(unit)
        file.write(b"password='tr0ub4dor&3x'")
    return path


def compare(target, threads, runs):
    telltale = os.path.join(HERE, "target/release/telltale")
    tools = {
        "telltale": [telltale, "scan", "-q", "--no-ignore", "--format", "json", "-o", "/dev/null", "-j", str(threads), target],
        "ripgrep": ["rg", "-c", "--no-ignore", "--hidden", "--text", "-F", "-j", str(threads), NEVER, target],
    }
    taken = {name: [] for name in tools}
    for run in range(runs + 1):
        for name, command in tools.items():
            result = measure(command)
            fine = (0, 1) if name == "ripgrep" else (0, 1, 3)
            if result[2] not in fine:
                sys.exit(f"{' '.join(command)}: exit code {result[2]}")
            if run > 0:
                taken[name].append(result)
    print(f"{'tool':10} {'CPU s':>8} {'wall s':>8} {'peak MiB':>9}   medians of {runs}, {threads or 'all'} threads")
    for name, results in taken.items():
        wall, cpu = (statistics.median(result[i] for result in results) for i in (0, 1))
        print(f"{name:10} {cpu:8.3f} {wall:8.3f} {peak(tools[name]):9.1f}")
    for what, i in (("CPU", 1), ("wall", 0)):
        ratios = [a[i] / max(b[i], 0.001) for a, b in zip(taken["telltale"], taken["ripgrep"])]
        pairs = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{what} ratio, telltale : ripgrep, pair by pair: {pairs}; median {statistics.median(ratios):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cargo_home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    parser.add_argument("tree", nargs="?", default=os.path.join(cargo_home, "registry/src"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="for both; 0 for one per processor")
    parser.add_argument("--one-line", type=int, metavar="MIB", help="one long line instead of a tree; 4096 at most")
    args = parser.parse_args()
    if args.one_line:
        with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
            path = one_line(folder, min(args.one_line, 4096))
            print(f"one line of {os.path.getsize(path) / 1e6:,.0f} MB")
            compare(path, args.threads, args.runs)
        return
    files, size = tree_size(args.tree)
    print(f"{files:,} files, {size / 1e6:,.1f} MB")
    compare(args.tree, args.threads, args.runs)


main()
