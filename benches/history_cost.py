#!/usr/bin/env python3
"""What a scan of a whole history costs beside git itself, when it only unpacks every object and throws it away.

    benches/history_cost.py REPOSITORY         5 pairs
    benches/history_cost.py                    a repository made for it: 22,000 blobs, in a temporary folder
    benches/history_cost.py --keep FOLDER      the same, and the repository stays there

A is `telltale scan --history -q --format json -o /dev/null`, B is `git cat-file --batch-all-objects --batch --unordered`
with its output thrown away. Both run warm (one pair is thrown away), in turn: A B A B. git has one thread; -j tells
how many the scan has. CPU seconds are user + system of the whole process, from wait4(2). Ratios are taken pair by pair. The
peaks of memory are of one more run, looked at every two milliseconds: VmHWM, and of that what is no mapped file. The
repository is made of the sources of crates under the cargo home: each file gets up to 40 versions of a few edits, and
git packs them as it always does. Python 3.10, git and a release build are all it takes.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BLOBS = 22_000


def start(command):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def measure(command):
    """Wall seconds, CPU seconds and exit code of one run."""
    started = time.perf_counter()
    child = start(command)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, child.returncode


def peaks(command):
    """The peaks of resident memory, and of its part that is no file, in MiB."""
    child, most = start(command), [0, 0]
    while child.poll() is None:
        try:
            with open(f"/proc/{child.pid}/status") as status:
                read = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith(("VmHWM", "RssAnon"))}
            most = [max(most[0], read.get("VmHWM", 0)), max(most[1], read.get("RssAnon", 0))]
        except OSError:
            pass
        time.sleep(0.002)
    return [one / 1024 for one in most]


def sources(root, count):
    """Text files of middling size, always the same ones."""
    found = []
    for folder, names, leaves in os.walk(root):
        names.sort()
        for leaf in sorted(leaves):
            path = os.path.join(folder, leaf)
            if leaf.endswith((".rs", ".toml", ".md", ".json", ".c", ".h")) and 500 < os.path.getsize(path) < 200_000:
                found.append(path)
    random.Random(1).shuffle(found)
    return found[:count]


def made(folder, tree):
    """A repository whose files change as files do."""
    subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
    dice, files, blobs = random.Random(2), {}, 0
    waiting = sources(tree, 4000)
    if len(waiting) < 500:
        sys.exit(f"{tree} holds too few sources to make a repository of")
    feed = subprocess.Popen(["git", "-C", folder, "fast-import", "--quiet"], stdin=subprocess.PIPE)
    out, commit = feed.stdin, 0
    while blobs < BLOBS:
        changed = []
        for _ in range(12):
            if waiting and (len(files) < 200 or dice.random() < 0.06):
                path = waiting.pop()
                with open(path, "rb") as file:
                    lines = file.read().splitlines(keepends=True)
                changed.append(("/".join(path.split("/")[-4:]), lines))
            else:
                name = dice.choice(list(files)[-800:])
                lines = list(files[name])
                for _ in range(dice.randint(1, 4)):
                    at = dice.randrange(len(lines) + 1)
                    lines[at : at + dice.randint(0, 2)] = [dice.choice(lines) if lines else b"x\n", b"// %d\n" % dice.getrandbits(32)]
                changed.append((name, lines))
        commit += 1
        out.write(b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 1\nx\n" % (1_600_000_000 + 60 * commit))
        for name, lines in changed:
            content = b"".join(lines)
            files[name] = lines
            out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
            blobs += 1
    out.close()
    feed.wait()
    subprocess.run(["git", "-C", folder, "repack", "-q", "-a", "-d", "-f"], check=True)


def compare(repository, threads, runs):
    telltale = os.path.join(HERE, "target/release/telltale")
    tools = {
        "telltale": [telltale, "scan", "--history", "-q", "--format", "json", "-o", "/dev/null", "-j", str(threads), repository],
        "git": ["git", "-C", repository, "cat-file", "--batch-all-objects", "--batch", "--unordered"],
    }
    taken = {name: [] for name in tools}
    for run in range(runs + 1):
        for name, command in tools.items():
            result = measure(command)
            if result[2] not in ((0,) if name == "git" else (0, 1)):
                sys.exit(f"{' '.join(command)}: exit code {result[2]}")
            if run > 0:
                taken[name].append(result)
    print(f"{'tool':10} {'CPU s':>8} {'wall s':>8} {'peak MiB':>9} {'no file':>8}   medians of {runs}, {threads or 'all'} threads")
    for name, results in taken.items():
        wall, cpu = (statistics.median(result[i] for result in results) for i in (0, 1))
        most, anon = peaks(tools[name])
        print(f"{name:10} {cpu:8.3f} {wall:8.3f} {most:9.1f} {anon:8.1f}")
    for what, i in (("CPU", 1), ("wall", 0)):
        ratios = [a[i] / max(b[i], 0.001) for a, b in zip(taken["telltale"], taken["git"])]
        pairs = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{what} ratio, telltale : git, pair by pair: {pairs}; median {statistics.median(ratios):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cargo_home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    parser.add_argument("repository", nargs="?")
    parser.add_argument("--keep", metavar="FOLDER")
    parser.add_argument("--sources", default=os.path.join(cargo_home, "registry/src"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="for the scan; 0 for one per processor")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as folder:
        repository = args.repository or args.keep or os.path.join(folder, "made.git")
        if not args.repository and not os.path.exists(repository):
            made(repository, args.sources)
        kinds = subprocess.run(
            ["git", "-C", repository, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectsize)"],
            check=True, capture_output=True, text=True,
        ).stdout.split("\n")
        sizes = [int(line.split()[1]) for line in kinds if line.startswith("blob")]
        print(f"{len(sizes):,} blobs, {sum(sizes) / 1e6:,.1f} MB")
        compare(repository, args.threads, args.runs)


main()
