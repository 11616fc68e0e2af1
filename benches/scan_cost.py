#!/usr/bin/env python3
"""What a scan costs beside the cheapest thing that reads the same files, and beside other scanners.

    cargo build --release --bin telltale --example floor
    benches/scan_cost.py                            the sources of crates under the cargo home
    benches/scan_cost.py --runs 9 FOLDER
    benches/scan_cost.py --kingfisher PATH --ripsecrets PATH FOLDER
    benches/scan_cost.py --only floor,literals      rows by name
    benches/scan_cost.py --line-gb 5                the peak of memory on one line of five gigabytes, through a pipe

    benches/scan_cost.py --only walk,cached         a second scan with --cache beside a bare walk

All read the same tree, warm (one round is thrown away), in turn: A B C A B C. All are told to leave nothing out. CPU
seconds are user + system of the whole process, from wait4(2). A ratio compares the least that each of the two took:
what else happens on a machine only ever adds. The floor (`examples/floor.rs`) walks and reads with the scanner's own
walker and looks for nothing. The peak of resident memory is VmHWM of one more run, looked at every two milliseconds:
ru_maxrss would show at least the size of this script. Python 3.11, ripgrep and a release build are all it takes.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile
import time
import tomllib

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TELLTALE = os.path.join(HERE, "target/release/telltale")
FLOOR = os.path.join(HERE, "target/release/examples/floor")
# A literal, so that ripgrep takes its fastest way; put together here, so that not even this file holds it.
NEVER = "qzx" + "vjq" * 4 + "zzqj"


def start(command, stdin=subprocess.DEVNULL):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=stdin)


def measure(command):
    """Wall seconds and CPU seconds of one run."""
    started = time.perf_counter()
    child = start(command)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    # 0 and 1: nothing and something was found; 3: not all could be read; 200 and 205: kingfisher found something.
    if child.returncode not in (0, 1, 3, 200, 205):
        sys.exit(f"{' '.join(command)}: exit code {child.returncode}")
    return wall, used.ru_utime + used.ru_stime


def high_water(child):
    """The peak of resident memory so far in MiB."""
    try:
        with open(f"/proc/{child.pid}/status") as status:
            return max(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, ValueError):
        return 0.0


def peak(command):
    child, most = start(command), 0.0
    while child.poll() is None:
        most = max(most, high_water(child))
        time.sleep(0.002)
    return most


def scan(target, threads):
    return [TELLTALE, "scan", "-q", "--no-ignore", "--format", "json", "-o", "/dev/null", "-j", str(threads), target]


def literals(folder):
    """Two hundred keywords of the scanner's own rules, one a line."""
    words = []
    for table in sorted(glob.glob(os.path.join(HERE, "assets/rules/*.toml"))):
        with open(table, "rb") as file:
            for rule in tomllib.load(file).get("rule", []):
                words += [word for word in rule.get("keywords", []) if len(word) >= 4]
    path = os.path.join(folder, "literals")
    with open(path, "w") as file:
        file.write("".join(word + "\n" for word in list(dict.fromkeys(words))[:200]))
    return path


def rounds(tools, runs):
    """The least wall and CPU seconds of each tool."""
    taken = {name: [] for name in tools}
    for run in range(runs + 1):
        for name, command in tools.items():
            result = measure(command)
            if run > 0:
                taken[name].append(result)
    return {name: [min(result[i] for result in results) for i in (0, 1)] for name, results in taken.items()}


def compare(args, folder):
    tree, threads = args.tree, args.threads
    rg = ["rg", "-c", "-uu", "-j", str(threads)]
    tools = {
        "telltale": scan(tree, threads),
        "floor": [FLOOR, tree, str(threads)],
        "walk": [FLOOR, tree, str(threads), "walk"],
        "cached": [*scan(tree, threads), f"--cache={folder}/cache"],
        "never": [*rg, "--text", "-F", NEVER, tree],
        "literals": [*rg, "-i", "-F", "-f", literals(folder), tree],
        "one-thread": scan(tree, 1),
    }
    for name, flags in {
        "kingfisher": ["--no-validate", "--no-update-check", "-f", "jsonl", "--git-history", "none", "--jobs", str(threads)],
        "betterleaks": ["dir", "--no-banner", "-r", "/dev/null"],
        "ripsecrets": [],
    }.items():
        path = getattr(args, name)
        if path:
            verb = ["scan"] if name == "kingfisher" else []
            tools[name] = [path, *verb, *flags, tree] if name != "betterleaks" else [path, *flags[:1], tree, *flags[1:]]
    wanted = args.only.split(",") if args.only else list(tools)
    tools = {name: command for name, command in tools.items() if name in wanted or name == "telltale"}
    least = rounds(tools, args.runs)
    wall, cpu = least["telltale"]
    print(f"{'tool':12} {'CPU s':>8} {'wall s':>8}   least of {args.runs}, {threads} threads")
    for name, (other_wall, other_cpu) in least.items():
        words = ""
        if name == "cached" and "walk" in least:
            words = f"a bare walk, {other_cpu / least['walk'][1]:.2f} times"
        elif name in ("cached", "walk"):
            words = ""
        elif name in ("floor", "never", "literals"):
            words = f"telltale takes {cpu / other_cpu:.2f} times its CPU"
        elif name == "one-thread":
            words = f"{threads} threads are {other_wall / wall:.2f} times as fast"
        elif name != "telltale":
            words = f"telltale takes a {other_cpu / cpu:.1f}th of its CPU"
        print(f"{name:12} {other_cpu:8.3f} {other_wall:8.3f}   {words}")
    print(f"peak of memory on the tree: {peak(tools['telltale']):.1f} MiB")


def empty(folder, runs):
    """Start to end on an empty folder."""
    nothing = os.path.join(folder, "nothing")
    os.mkdir(nothing)
    least = min(measure(scan(nothing, 2)) for _ in range(runs * 4))
    print(f"empty folder, start to end: {least[0] * 1000:.1f} ms ({least[1] * 1000:.1f} ms of CPU)")


def one_line(gigabytes):
    """One line of words and numbers, as minified code has them, through a pipe."""
    unit = (b"var a1=function(b,c){return b+c*42};key_of_map.push({id:12345,name:'x'});" * 15_000)[: 1 << 20]
    child, most = start(scan("-", 1), subprocess.PIPE), 0.0
    started = time.perf_counter()
    for n in range(int(gigabytes * 1000)):
        child.stdin.write(unit[:1_000_000])
        if n % 16 == 0:
            most = max(most, high_water(child))
    child.stdin.write(b"password='tr0ub4dor&3x'")
    child.stdin.close()
    while child.poll() is None:
        most = max(most, high_water(child))
        time.sleep(0.002)
    rate = gigabytes * 1000 / (time.perf_counter() - started)
    print(f"one line of {gigabytes:g} GB: peak {most:.1f} MiB, {rate:,.0f} MB/s through a pipe, exit code {child.returncode}")


def tree_size(root):
    files = size = 0
    for folder, names, leaves in os.walk(root):
        names[:] = [name for name in names if name != ".git"]
        for leaf in leaves:
            stat = os.lstat(os.path.join(folder, leaf))
            files += 1
            size += stat.st_size
    return files, size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cargo_home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    parser.add_argument("tree", nargs="?", default=os.path.join(cargo_home, "registry/src"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", metavar="ROWS", help="floor, never, literals, one-thread, kingfisher…")
    parser.add_argument("--kingfisher", metavar="PATH")
    parser.add_argument("--betterleaks", metavar="PATH")
    parser.add_argument("--ripsecrets", metavar="PATH")
    parser.add_argument("--line-gb", type=float, metavar="GB", help="one long line instead of a tree")
    args = parser.parse_args()
    if args.line_gb:
        return one_line(args.line_gb)
    files, size = tree_size(args.tree)
    print(f"{files:,} files, {size / 1e6:,.1f} MB")
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        compare(args, folder)
        empty(folder, args.runs)


main()
