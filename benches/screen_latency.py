#!/usr/bin/env python3
"""How long a key waits: from its press to the frame that it changes, idle and while a scan uses every core.

    benches/screen_latency.py [--presses 50] [--files 400] [--others 0] [--size 120x40] [--seed 1]

The release build watches a process that sleeps, on a pseudo-terminal that answers as a real one does. The key is `?`
and what is waited for is the help: nothing else on the screen brings its words, so that a frame of a snapshot does not
count. It is pressed at random moments, first with nothing else to do, then while the pane scans a folder of one file
of a mebibyte under many names (hard links), which the page cache holds. `--others` starts so many `telltale scan` of
the same folder beside it. Standard library only, Linux only; all that it starts ends with it.
"""
import argparse, fcntl, os, pty, random, select, shutil, signal, statistics, struct, subprocess, tempfile
import termios, time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TELLTALE = f"{HERE}/target/release/telltale"
ANSWERS = [(b"\x1b[?2026$p", b"\x1b[?2026;2$y"), (b"\x1b[c", b"\x1b[?62;22c")]
HELP = b"In both panes"


def plant(folder, files):
    """A folder that takes a scan a while, and nothing of the disk."""
    rng = random.Random(1)
    line = "row {} key={:032x} token=${{TOKEN_{}}} password=changeme\n"
    words = [line.format(n, rng.getrandbits(128), n) for n in range(14000)]
    first = os.path.join(folder, "0.log")
    with open(first, "w") as out:
        out.write("".join(words)[: 1 << 20])
    for n in range(1, files):
        os.link(first, os.path.join(folder, f"{n}.log"))


class Screen:
    def __init__(self, folder, size, pid):
        columns, rows = (int(n) for n in size.split("x"))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            state = os.path.dirname(folder)
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", XDG_STATE_HOME=state, XDG_RUNTIME_DIR=state)
            for name in ("TMUX", "STY", "TERM_PROGRAM", "LC_ALL"):
                os.environ.pop(name, None)
            os.chdir(folder)
            os.execv(TELLTALE, [TELLTALE, "attach", str(pid)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = b""

    def read(self, seconds, until=None):
        """Takes what comes for so long, or until it holds some words; whether it does."""
        end = time.monotonic() + seconds
        self.seen = b""
        while (left := end - time.monotonic()) > 0:
            if select.select([self.fd], [], [], left)[0]:
                data = os.read(self.fd, 65536)
                self.seen = self.seen[-64:] + data
                if until and until in self.seen:
                    self.answer(data)
                    return True
                self.answer(data)
        return False

    def answer(self, data):
        for question, answer in ANSWERS:
            for _ in range(data.count(question)):
                os.write(self.fd, answer)

    def press(self, key):
        os.write(self.fd, key)

    def waits(self, presses, rng):
        """Milliseconds from each press to its frame."""
        waits = []
        for _ in range(presses):
            self.read(rng.uniform(0.15, 0.45))
            begun = time.monotonic()
            self.press(b"?")
            if not self.read(5, HELP):
                raise SystemExit("the help never came")
            waits.append((time.monotonic() - begun) * 1000)
            self.read(0.12)
            self.press(b"?")
        return waits

    def threads_cpu(self):
        fields = open(f"/proc/{self.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(name, waits, cores):
    waits = sorted(waits)
    p95 = waits[min(len(waits) - 1, round(len(waits) * 0.95))]
    print(f"{name:34} {statistics.median(waits):7.1f} {p95:7.1f} {waits[-1]:7.1f} {cores:12.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=50)
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--others", type=int, default=0)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    root = tempfile.mkdtemp(prefix="telltale-latency-")
    folder = os.path.join(root, "logs")
    os.mkdir(folder)
    plant(folder, args.files)
    sleeper = subprocess.Popen(["sleep", "900"])
    screen = Screen(folder, args.size, sleeper.pid)
    others = []
    try:
        print(f"{args.presses} presses each, {args.size}, {os.cpu_count()} CPUs; milliseconds from key to frame")
        print(f"{'':34} {'median':>7} {'p95':>7} {'max':>7} {'cores in use':>12}")

        def measure(name):
            begun, cpu = time.monotonic(), screen.threads_cpu()
            waits = screen.waits(args.presses, rng)
            told(name, waits, (screen.threads_cpu() - cpu) / (time.monotonic() - begun))

        screen.read(2)
        measure("nothing else to do")
        for _ in range(args.others):
            others.append(subprocess.Popen([TELLTALE, "scan", folder], stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL))
        screen.press(b"S")
        screen.read(0.5)
        measure("a scan in the pane" + (f" and {args.others} beside it" if args.others else ""))
    finally:
        for process in others + [sleeper]:
            process.kill()
            process.wait()
        os.kill(screen.pid, signal.SIGKILL)
        os.waitpid(screen.pid, 0)
        shutil.rmtree(root)


main()
