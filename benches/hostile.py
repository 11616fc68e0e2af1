#!/usr/bin/env python3
"""What hostile jobs and neighbours cost, and what is said of them.

    benches/hostile.py [--binary target/release/telltale] [--seconds 5] [CASE…]

Each case is one real job under `telltale run --headless` (or `attach`), looked at every 100 ms. The table says how long
it took, the most memory (VmHWM, MiB) that watcher and keeper ever had, the watcher's and the keeper's CPU seconds, the
longest gap between two snapshots, and what the last snapshots said of it. `sent` is what the job itself says that it
did.

Standard library only, Linux only, loopback only. Every process ends by itself.
"""
import argparse, glob, json, os, signal, socket, subprocess, sys, tempfile, threading, time

# What every job begins with: for how long, where datagrams go, and a word on what it did.
HEAD = """
import os, socket, sys, time, threading, subprocess, resource
SECONDS = float(os.environ['SECONDS'])
END = time.monotonic() + SECONDS
HERE = os.environ['HERE']
def said(*words): open(HERE + '/sent', 'w').write(' '.join(str(word) for word in words))
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT'])))
    return s
def unix():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ['DD_DOGSTATSD_URL'].removeprefix('unix://'))
    return s
def flood(s, words):
    sent = lost = 0
    while time.monotonic() < END:
        for _ in range(200):
            try: s.send(words); sent += 1
            except OSError: lost += 1
    said(sent, 'sent,', lost, 'refused by the kernel,', round(sent / SECONDS), '/s')
"""

JOBS = {
    "datagrams of 64 KB, garbage, UDP": "flood(udp(), os.urandom(65507))",
    "datagrams of 64 KB, garbage, unix": "flood(unix(), os.urandom(65507))",
    "datagrams as fast as they go, UDP": "flood(udp(), b'rows.done:1|c')",
    "datagrams as fast as they go, unix": "flood(unix(), b'rows.done:1|c|#worker:7')",
    "datagrams that name a million metrics": """
s, n = unix(), 0
while time.monotonic() < END:
    n += 1
    s.send(b'metric.%d.%s:1|c|#tag:%d' % (n, b"x" * 60, n))
said(n, 'names')
""",
    "datagrams of a status that changes": """
s, n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), 0
s.connect(os.environ['NOTIFY_SOCKET'])
while time.monotonic() < END:
    n += 1
    s.send(b'STATUS=%d ' % n + b'y' * 60000)
said(n, 'changes')
""",
    "datagrams from another user": """
path = os.environ['DD_DOGSTATSD_URL'].removeprefix('unix://')
folder = os.path.dirname(path)
while len(folder) >= len(HERE):
    os.chmod(folder, 0o711); folder = os.path.dirname(folder)
os.chmod(path, 0o777)
open(HERE + '/at', 'w').write(os.environ['STATSD_PORT'] + ' ' + path)
time.sleep(SECONDS + 1)
""",
    "output, as fast as it goes": """
line = (b'INFO loading rows of shard number seven, all is well\\n' * 1300)[:65520]
n = 0
while time.monotonic() < END: n += os.write(1, line)
said(n >> 20, 'MB,', round((n >> 20) / SECONDS), 'MB/s')
""",
    "output, one line without end": """
n, piece = 0, b'abcdefgh ' * 7000
while time.monotonic() < END: n += os.write(1, piece)
said(n >> 20, 'MB in a line')
""",
    "output, carriage returns alone": """
n, piece = 0, b'\\r' * 65000
while time.monotonic() < END: n += os.write(1, piece)
said(n >> 20, 'MB')
""",
    "output, bars that go backwards": """
n = 0
while time.monotonic() < END:
    n += 1
    at = abs(50 - n % 100) if n % 17 else 10**18
    os.write(2, b'\\r%3d%%|####      | %d/%d [00:01<-1:59, -3.00it/s]' % (at % 101, at, 40 + n % 3))
    time.sleep(0.002)
said(n, 'bars')
""",
    "output, escape sequences": """
n = 0
words = b'\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\xc2\\x9b5n\\xe2\\x80\\xaetxt.exe\\x1bP+q544e\\x1b\\\\ %d/900\\n'
while time.monotonic() < END:
    n += 1
    os.write(1, words % (n % 900)); time.sleep(0.001)
said(n, 'lines')
""",
    "10,000 threads": """
threading.stack_size(64 * 1024)
stop, n = threading.Event(), 0
try:
    for n in range(1, 10001):
        threading.Thread(target=stop.wait, args=(SECONDS + 8,), daemon=True).start()
except RuntimeError: pass
said(n, 'threads')
time.sleep(SECONDS); os._exit(0)
""",
    "500 forks a second": """
n, begun = 0, time.monotonic()
while time.monotonic() < END:
    for _ in range(5):
        pid = os.fork()
        if pid == 0:
            time.sleep(0.01); os._exit(n % 3)
        n += 1
    try:
        while os.waitpid(-1, os.WNOHANG)[0]: pass
    except ChildProcessError: pass
    time.sleep(max(0, begun + n / 500 - time.monotonic()))
said(n, 'forks,', round(n / SECONDS), '/s')
""",
    "a tree of 2,000 processes": """
for _ in range(2000):
    if os.fork() == 0:
        time.sleep(SECONDS + 4); os._exit(0)
said('2000 children')
time.sleep(SECONDS)
""",
    "names that steer a terminal": """
name = b'\\x1b]0;x\\x07) S 1\\n'
def rename(name):
    open('/proc/self/comm', 'wb').write(name)
for n in range(40):
    if os.fork() == 0:
        rename(name); time.sleep(SECONDS); os._exit(0)
rename(name); said('40 names')
time.sleep(SECONDS)
""",
    "a command line of 2 MB": """
argv = [sys.executable, '-c', 'import time; time.sleep(%f)' % SECONDS] + ['password=' + 'z' * 100000] * 18
subprocess.Popen(argv).wait()
said('1.8 MB')
""",
}

# Beside the job, and no part of it: another user, who sends by UDP and by a unix socket that is open to all.
STRANGER = """
import os, socket, sys, time
end, at = time.monotonic() + float(sys.argv[2]), sys.argv[1] + '/at'
while not os.path.exists(at) or ' ' not in open(at).read(): time.sleep(0.02)
port, path = open(at).read().split(' ')
if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)
udp, unix = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
udp.connect(('127.0.0.1', int(port))); unix.connect(path)
n = 0
while time.monotonic() < end:
    for _ in range(50): udp.send(b'rows.done:1|c'); unix.send(b'rows.done:1|c'); n += 2
    time.sleep(0.001)
print(n, 'sent by user', os.getuid())
"""


def page(answer):
    """Serves one kind of page on the loopback; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                stream, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=[stream], daemon=True).start()

    def one(stream):
        try:
            stream.recv(4096)
            for piece in answer():
                stream.sendall(piece)
            stream.close()
        except OSError:
            pass  # Who asks may hang up in the middle.

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"


OK = b"HTTP/1.1 200 OK\r\n"


def giant():
    yield OK + b"\r\n# TYPE rows_done gauge\nrows_done 7\n"
    piece = b'filler{n="1"} 1\n' * 65536
    for _ in range(400):
        yield piece


def one_line():
    yield OK + b"\r\n"
    for _ in range(400):
        yield b"x" * (1 << 20)


def head_without_end():
    yield OK
    while True:
        yield b"X-Filler: " + b"y" * 4000 + b"\r\n"


def slow():
    yield OK + b"\r\n"
    while True:
        yield b"x"
        time.sleep(0.1)


def silent():
    time.sleep(20)
    yield b""


PAGES = {
    "a page of 400 MB": giant,
    "a page that is one line of 400 MB": one_line,
    "a page with a head without end": head_without_end,
    "a page of HTML": lambda: [OK + b"\r\n<!DOCTYPE html>\n" + b"<p>sign in</p>\n" * 100],
    "a page that is half sent": lambda: [OK + b"Content-Length: 4000\r\n\r\nrows_done 7\nrows_to"],
    "a page that is slow": slow,
    "a page that never answers": silent,
}

# A log file that others write, followed by `attach`.
LOGS = {
    "a log file at 200 MB/s": b"INFO loading rows of shard number seven, all is well\n",
    "a log file that is one line": b"abcdefgh ",
}


class Watched:
    """A process seen from outside: the most memory it had, and the CPU time it used."""

    def __init__(self, pid):
        self.pid, self.memory, self.cpu = pid, 0.0, 0.0

    def look(self):
        try:
            status = open(f"/proc/{self.pid}/status").read()
            times = open(f"/proc/{self.pid}/stat").read().rpartition(")")[2].split()[11:13]
        except OSError:
            return
        if "VmHWM:" in status:
            self.memory = max(self.memory, int(status.split("VmHWM:")[1].split()[0]) / 1024)
        self.cpu = max(self.cpu, sum(map(int, times)) / os.sysconf("SC_CLK_TCK"))


def snapshots(path):
    """When each snapshot was taken, the notices with their last figures, and the alerts."""
    at, earlier, alerts = [], {}, set()
    for line in open(path, encoding="utf-8"):
        if not line.endswith("\n"):
            break
        last = json.loads(line)
        at.append(last["at"])
        for notice in last["notices"]:
            # What counts up is told again and again: the words without their figures say what it is.
            earlier["".join(c for c in notice["text"] if not c.isdigit())] = notice["text"]
        alerts |= {alert["condition"] for alert in last["alerts"]}
    return at, list(earlier.values()), sorted(alerts)


def watch(binary, name, seconds, folder):
    """Runs one case; gives a row of the table."""
    environment = os.environ | {"XDG_STATE_HOME": f"{folder}/state", "XDG_RUNTIME_DIR": folder, "HERE": folder,
                                "SECONDS": str(seconds), "HOME": folder}
    lines = f"{folder}/lines"
    common = ["--headless", "--interval", "100ms", "--json-to", lines]
    helper, writer = None, None
    if name in JOBS:
        open(f"{folder}/job.py", "w").write(HEAD + JOBS[name])
        command = [binary, "run", *common, "--", sys.executable, f"{folder}/job.py"]
    elif name in PAGES:
        command = [binary, "run", *common, "--prometheus", page(PAGES[name]), "--", "sleep", str(seconds + 3)]
    else:
        log = f"{folder}/job.log"
        helper = subprocess.Popen(["sleep", str(seconds + 1)], stdout=open(log, "wb"))
        command = [binary, "attach", str(helper.pid), *common]
        writer = threading.Thread(target=write_log, args=[log, LOGS[name], seconds, folder])
    stranger = None
    if name == "datagrams from another user":
        stranger = subprocess.Popen([sys.executable, "-c", STRANGER, folder, str(seconds)], stdout=subprocess.PIPE)
    begun = time.monotonic()
    front = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, start_new_session=True)
    if writer:
        writer.start()
    watcher, keeper = Watched(front.pid), None
    while front.poll() is None and time.monotonic() < begun + seconds + 60:
        watcher.look()
        if keeper:
            keeper.look()
        else:
            for record in glob.glob(f"{folder}/state/telltale/runs/*/meta.json"):
                try:
                    keeper = Watched(json.load(open(record))["keeper_pid"])
                except (ValueError, KeyError):
                    pass
        if helper:
            helper.poll()
        time.sleep(0.02)
    if front.poll() is None:
        os.kill(front.pid, signal.SIGKILL)
        front.wait()
    took = time.monotonic() - begun
    if writer:
        writer.join()
        helper.wait()
    if stranger:
        open(f"{folder}/sent", "wb").write(stranger.communicate()[0].strip())
    at, notices, alerts = snapshots(lines)
    gaps = [later - earlier for earlier, later in zip(at, at[1:])]
    sent = open(f"{folder}/sent").read() if os.path.exists(f"{folder}/sent") else ""
    words = [sent] * bool(sent) + [notice[:160] for notice in notices[:4]] + [f"alert {key}" for key in alerts]
    return [name, f"{took:.1f}", f"{watcher.memory:.1f}", f"{keeper.memory:.1f}" if keeper else "-",
            f"{watcher.cpu:.2f}", f"{keeper.cpu:.2f}" if keeper else "-", str(len(at)),
            str(max(gaps, default=0)), "; ".join(words).replace("|", "\\|")]


def write_log(path, unit, seconds, folder):
    """200 MB a second into a file, which is emptied now and then as a disk is not without end."""
    piece, written, begun = unit * (4_000_000 // len(unit)), 0, time.monotonic()
    with open(path, "ab") as log:
        while (now := time.monotonic()) < begun + seconds:
            written += log.write(piece)
            if log.tell() > 1 << 28:
                log.truncate(0)
            time.sleep(max(0, written / 200e6 - (now - begun)))
    open(f"{folder}/sent", "w").write(f"{written >> 20} MB, {(written >> 20) / seconds:.0f} MB/s")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--binary", default=os.path.join(os.path.dirname(__file__), "../target/release/telltale"))
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("cases", nargs="*", help="words of the names of cases")
    options = options.parse_args()
    names = [name for name in [*JOBS, *PAGES, *LOGS] if not options.cases or any(c in name for c in options.cases)]
    print("| case | s | watcher MiB | keeper MiB | watcher CPU s | keeper CPU s | snapshots | longest gap ms | what was said |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            print("| " + " | ".join(watch(os.path.abspath(options.binary), name, options.seconds, folder)) + " |",
                  flush=True)


if __name__ == "__main__":
    main()
