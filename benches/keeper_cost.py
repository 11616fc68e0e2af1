#!/usr/bin/env python3
"""What a keeper costs: its resident memory, with and without a screen, after each kind of output.

    benches/keeper_cost.py [--binary target/release/telltale] [--flood-mb 100] [--limit-mb N]

A job writes one kind of output after the other and waits in between; the keeper's VmRSS and RssAnon are read from
/proc 1.5 s after it has logged all of it, and `peak` is the most there was since the line before. `relay` is
`telltale run --headless`, `pty` is `telltale run` on a terminal. With --limit-mb the exit code is 1 when a VmRSS is
above it.

Standard library only, Linux only. All secrets in here are drawn at random, every process ends by itself.
"""
import argparse, glob, json, os, pty, random, select, string, subprocess, sys, tempfile, threading, time

PATIENCE = 120
JOB = """
step=1
while [ -e "$STEPS/$step" ]; do
    n=0
    while [ ! -e "$STEPS/go$step" ] && [ $n -lt 3000 ]; do sleep 0.02; n=$((n+1)); done
    . "$STEPS/$step"
    : > "$STEPS/done$step"
    step=$((step+1))
done
"""
dice = random.Random(1)


def drawn(length, letters=string.ascii_letters + string.digits):
    return "".join(dice.choice(letters) for _ in range(length))


def ordinary():
    return [f"INFO 2026-11-20T10:{n // 60 % 60:02}:{n % 60:02}Z etl.load step {n}/1000 rate={n % 97}.5/s eta=00:04:11"
            for n in range(1000)]


def secrets():
    base64 = string.ascii_letters + string.digits + "+/"
    tokens = ["ghp_" + drawn(36), "AKIA" + drawn(16, string.ascii_uppercase + "234567"), "glpat-" + drawn(20),
              "xoxb-" + drawn(12, string.digits) + "-" + drawn(12, string.digits) + "-" + drawn(24),
              "sk_live_" + drawn(24), "AIza" + drawn(35), "npm_" + drawn(36), "hf_" + drawn(34),
              "SG." + drawn(22) + "." + drawn(43), "GOCSPX-" + drawn(28), "dop_v1_" + drawn(64, "0123456789abcdef"),
              "eyJ" + drawn(30) + ".eyJ" + drawn(60) + "." + drawn(43)]
    lines = [f"using {token} now" for token in tokens]
    lines += [f"{name}={drawn(24)}" for name in ["password", "DB_PASSWORD", "api_key", "clientSecret", "auth_token"]]
    lines += [f"postgres://app:{drawn(16)}@db.internal/app", f"Authorization: Bearer {drawn(40)}",
              f"mytool --token {drawn(32)} --verbose", f"plain {drawn(36)} token"]
    lines += ["-----BEGIN RSA PRIVATE KEY-----", *[drawn(64, base64) for _ in range(25)], "-----END RSA PRIVATE KEY-----"]
    return lines


def keywords():
    """Every keyword of every rule, so that every pattern is compiled: nothing a job writes costs more patterns."""
    lines = []
    for path in sorted(glob.glob(os.path.join(os.path.dirname(__file__), "../assets/rules/*.toml"))):
        for line in open(path, encoding="utf-8"):
            if line.startswith("keywords"):
                for word in line.partition("[")[2].rpartition("]")[0].split(","):
                    word = word.strip().strip("\"'")
                    lines += [f"{word}{drawn(200)}", f"{word} = {drawn(90)}", f"x {word}{drawn(40)}"]
    return lines * 3


def long_lines():
    return [unit * (65_000 // len(unit)) for unit in ["abc def ", "password=", "a:b@://", "--token ", "sk-proj-", "x"]]


def steps(folder, flood_mb):
    """Writes one shell script for each kind of output; gives their names."""
    texts = [("1,000 ordinary lines", ordinary()), ("secrets of all kinds", secrets()),
             ("a keyword of every rule", keywords()), ("lines of 64 kB", long_lines())]
    names = ["start"]
    open(f"{folder}/1", "w").write("echo started\n")
    for name, lines in texts:
        number = len(names) + 1
        open(f"{folder}/text{number}", "w").write("\n".join(lines) + "\n")
        open(f"{folder}/{number}", "w").write(f'cat "$STEPS/text{number}"\n')
        names.append(name)
    for name, script in [(f"{flood_mb} MB of y", f"yes | head -c {flood_mb}M"),
                         (f"numbers to {flood_mb // 10} million", f"seq 1 {flood_mb // 10}000000")]:
        open(f"{folder}/{len(names) + 1}", "w").write(script + "\n")
        names.append(name)
    # The job waits until the last figure was taken.
    open(f"{folder}/{len(names) + 1}", "w").write(":\n")
    return names


def until(what, is_so):
    deadline = time.monotonic() + PATIENCE
    while not (found := is_so()):
        if time.monotonic() > deadline:
            sys.exit(f"never came true: {what}")
        time.sleep(0.02)
    return found


def memory(pid):
    time.sleep(1.5)
    fields = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status"))
    # Starts the peak anew, proc_pid_clear_refs(5).
    open(f"/proc/{pid}/clear_refs", "w").write("5")
    return {name: int(fields[name].split()[0]) / 1024 for name in ["VmRSS", "RssAnon", "VmHWM"]}


def is_quiet(pid):
    """Whether the process used no CPU time for a fifth of a second."""
    used = lambda: open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[11:13]
    before = used()
    time.sleep(0.2)
    return used() == before


def swallow(fd):
    while True:
        try:
            if not os.read(fd, 1 << 16):
                return
        except OSError:
            return


def start(binary, mode, environment):
    command = [binary, "run", *(["--headless"] if mode == "relay" else []), "--", "sh", "-c", JOB]
    if mode == "relay":
        front = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return front.pid
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(binary, command, environment | {"TERM": "xterm-256color"})
    threading.Thread(target=swallow, args=[fd], daemon=True).start()
    return pid


def measure(binary, mode, flood_mb):
    """Yields what was written and the keeper's memory after it."""
    with tempfile.TemporaryDirectory() as folder:
        places = {"XDG_STATE_HOME": f"{folder}/state", "XDG_RUNTIME_DIR": folder, "STEPS": folder}
        names = steps(folder, flood_mb)
        front = start(binary, mode, os.environ | places)
        record = until("the run has begun", lambda: glob.glob(f"{folder}/state/telltale/runs/*/meta.json"))[0]
        keeper = until("its record is written", lambda: json.loads(open(record).read() or "{}").get("keeper_pid"))
        for number, name in enumerate(names, 1):
            open(f"{folder}/go{number}", "w").close()
            until(name, lambda: os.path.exists(f"{folder}/done{number}"))
            until("the keeper is quiet", lambda: is_quiet(keeper))
            yield name, memory(keeper)
        open(f"{folder}/go{len(names) + 1}", "w").close()
        ended = os.path.join(os.path.dirname(record), "exit.json")
        until("the run has ended", lambda: os.path.exists(ended))
        if mode == "pty":
            # The screen stays to show how the job ended.
            os.kill(front, 15)
        os.waitpid(front, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--binary", default=f"{here}/target/release/telltale")
    parser.add_argument("--flood-mb", type=int, default=100)
    parser.add_argument("--limit-mb", type=float)
    args = parser.parse_args()
    worst = 0.0
    print(f"{'mode':6} {'after':28} {'VmRSS MiB':>10} {'RssAnon':>8} {'peak':>8}")
    for mode in ["relay", "pty"]:
        for name, now in measure(args.binary, mode, args.flood_mb):
            worst = max(worst, now["VmRSS"])
            print(f"{mode:6} {name:28} {now['VmRSS']:10.2f} {now['RssAnon']:8.2f} {now['VmHWM']:8.2f}", flush=True)
    if args.limit_mb is not None and worst > args.limit_mb:
        sys.exit(f"{worst:.2f} MiB is above the limit of {args.limit_mb} MiB")


main()
