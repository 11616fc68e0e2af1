#!/usr/bin/env python3
"""Stages small programs that hang, and healthy ones that only look like it, and scores what `telltale diagnose` says.

    python3 tests/zoo/run.py [--only NAME,NAME] [--seconds 5] [--trace] [--keep DIR] [--as-user nobody] [TELLTALE]

A case is a program of `c/`, `python/`, `bash/`, `node/`, `java/`, `perl/` or `rust/` and a table in `cases.toml`. It tells
the truth about itself in the file that CASE_TRUTH names, a line each: `process PID`, `thread PID TID` and `path PATH`
are who may be named; `attach PID` is whom to ask about, if not the program itself; `freeze v1 PID` and `freeze v2 PID`
ask the runner for that favour; `semaphores ID` are to be removed at the end; `ready` says that the stage is set.

What a case has started is found again by the CASE_ID in its environment, and is ended after the answer, after `--limit`
seconds, or when the runner is no more. Python 3.11, standard library only.
"""
import argparse
import concurrent.futures
import fcntl
import json
import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
import tomllib
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
CALM = {"healthy", "idle", "sleeping", "slow-producer"}
UNNAMED = {"unknown", "exited", None}
CGROUPS = "/sys/fs/cgroup"


# ---- control groups ----------------------------------------------------------------------------------------------

def own_group(controller):
    """The folder of the group that we are in, so that what bounds us bounds the cases too; `v2` for the unified tree."""
    for line in open("/proc/self/cgroup"):
        _, controllers, path = line.rstrip("\n").split(":", 2)
        if controller == "v2" and not controllers:
            for root in (CGROUPS, CGROUPS + "/unified"):
                if os.path.exists(root + "/cgroup.procs"):
                    return root + path
        elif controller in controllers.split(","):
            return f"{CGROUPS}/{controller}{path}"
    return None


def write(path, text):
    with open(path, "w") as f:
        f.write(text)


def make_group(case_id, controller, settings):
    """A group of its own for a case; `None` where the machine has none, or we may not."""
    above = own_group(controller)
    if above is None or os.geteuid() != 0:
        return None
    group = f"{above.rstrip('/')}/telltale-case-{case_id}"
    try:
        os.makedirs(group, exist_ok=True)
        for name, value in settings.items():
            write(os.path.join(group, name), value)
    except OSError:
        remove_group(group)
        return None
    return group


def remove_group(group):
    for name, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        if os.path.exists(os.path.join(group, name)):
            write(os.path.join(group, name), value)
    for _ in range(50):
        try:
            os.rmdir(group)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)
    print(f"could not remove {group}", file=sys.stderr)


def freeze(case_id, version, pids):
    group = make_group(case_id, "freezer" if version == "v1" else "v2", {})
    if group is None:
        return None
    for pid in pids:
        write(os.path.join(group, "cgroup.procs"), pid)
    if version == "v1":
        write(os.path.join(group, "freezer.state"), "FROZEN")
    else:
        write(os.path.join(group, "cgroup.freeze"), "1")
    return group


# ---- processes ---------------------------------------------------------------------------------------------------

def carriers(prefix):
    """The processes that carry a CASE_ID of ours, and nobody else's."""
    key, found = ("CASE_ID=" + prefix).encode(), []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as f:
                    if any(entry.startswith(key) for entry in f.read().split(b"\0")):
                        found.append(int(name))
            except OSError:
                pass
    return found


def end_all(prefix):
    for _ in range(50):
        left = carriers(prefix)
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    print(f"still there: {left}", file=sys.stderr)


def guard(run_id):
    """Outlives the runner for a moment: when our standard input ends, so does everything the run has started."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    for group in (own_group(c) for c in ("freezer", "v2")):
        for name in os.listdir(group) if group and os.path.isdir(group) else ():
            if name.startswith("telltale-case-" + run_id):
                remove_frozen = os.path.join(group, name)
                for knob, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
                    if os.path.exists(os.path.join(remove_frozen, knob)):
                        write(os.path.join(remove_frozen, knob), value)
    end_all(run_id)


def enter(spec, command):
    """Becomes the case: in its session, group, terminal, limits and user; the alarm outlives exec."""
    spec = json.loads(spec)
    os.setsid()
    if spec["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for group in spec["groups"]:
        write(os.path.join(group, "cgroup.procs"), str(os.getpid()))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (spec["limit"], spec["limit"]))
    signal.alarm(spec["limit"])
    become(spec["user"])
    os.chdir(os.environ["CASE_DIR"])
    os.execvp(command[0], command)


def become(user):
    if user:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)


def burn(runner):
    os.nice(10)
    while os.getppid() == runner:
        sum(range(100_000))


# ---- one case ----------------------------------------------------------------------------------------------------

def lacks(case, opt):
    """What the case needs and this machine, or this user, has not."""
    needs = list(case.get("needs", []))
    if any(key in case for key in ("v1", "v2", "small_disk")):
        needs.append("root")
    for need in needs:
        if need == "root":
            if os.geteuid() != 0:
                return "root, to set the stage"
        elif need == "root-case":
            if os.geteuid() != 0 or opt.as_user:
                return "a case that runs as root"
        elif not shutil.which(need):
            return need
    return None


def build(case, opt, folder):
    """The command line, after compiling what must be; raises with what the compiler said."""
    source = os.path.join(HERE, case["program"])
    stem, kind = os.path.splitext(os.path.basename(source))
    target = os.path.join(folder, stem)
    words = {
        ".py": [opt.python, source], ".sh": ["bash", source], ".js": ["node", source], ".pl": ["perl", source],
        ".c": [target], ".rs": [target],
        ".java": ["java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", folder, stem],
    }[kind]
    compiler = {
        ".c": ["gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-pthread", "-o", target, source, "-lm"],
        ".rs": ["rustc", "-Copt-level=1", "-g", "-o", target, source],
        ".java": ["javac", "-d", folder, source],
    }.get(kind)
    if compiler:
        if not shutil.which(compiler[0]):
            raise LookupError(compiler[0])
        with BUILDING:
            if source not in BUILT:
                made = subprocess.run(compiler, cwd=folder, capture_output=True, text=True)
                if made.returncode:
                    raise RuntimeError(made.stderr[-2000:])
                BUILT.add(source)
    elif not shutil.which(words[0]):
        raise LookupError(words[0])
    return words + case.get("args", [])


BUILDING, BUILT = threading.Lock(), set()


def read_truth(path):
    truth = {"culprits": [], "attach": None, "freeze": [], "semaphores": [], "ready": False}
    with open(path) as f:
        for line in f:
            word, _, rest = line.strip().partition(" ")
            if word == "process":
                truth["culprits"].append({"pid": int(rest)})
            elif word == "thread":
                pid, tid = rest.split()
                truth["culprits"].append({"pid": int(pid), "tid": int(tid)})
            elif word == "path":
                truth["culprits"].append({"path": rest})
            elif word == "attach":
                truth["attach"] = int(rest)
            elif word == "semaphores":
                truth["semaphores"].append(rest)
            elif word == "freeze":
                truth["freeze"].append(rest.split())
            elif word == "ready":
                truth["ready"] = True
    return truth


def judge(case, answer, truth):
    """(word, why): right, wrong, missed (calm though it hangs), unknown, or accused (healthy, and blamed)."""
    if not isinstance(answer, dict) or "cause" not in answer:
        return "unknown", "no answer"
    cause, named = answer["cause"], answer.get("culprits") or []
    expected = [case["cause"]] + case.get("accept", [])
    if cause in UNNAMED:
        return "unknown", f"says {cause}"
    if cause not in expected:
        if case.get("healthy"):
            return ("wrong", f"says {cause}") if cause in CALM else ("accused", f"says {cause} {json.dumps(named[:3])}")
        return "missed" if cause in CALM else "wrong", f"says {cause} {json.dumps(named[:3])}"
    if cause in CALM:
        return ("accused", f"names {json.dumps(named[:3])}") if named else ("right", "")
    for one in named[:3]:
        for true in truth["culprits"]:
            if all(one.get(key) == value for key, value in true.items()):
                return "right", ""
    return "wrong", f"names {json.dumps(named[:3])}, not {json.dumps(truth['culprits'])}"


def drain(fd, log):
    """Keeps a terminal's other side empty, as an emulator would."""
    while True:
        try:
            data = os.read(fd, 65536)
        except OSError:
            return
        if not data:
            return
        log.write(data)
        log.flush()


def stage(case, opt, run_id, folder):
    """Runs one case: (word, why, seconds of the answer)."""
    lack = lacks(case, opt)
    if lack:
        return "skipped", "needs " + lack, 0
    try:
        command = build(case, opt, folder)
    except LookupError as missing:
        return "skipped", f"needs {missing}", 0
    except RuntimeError as said:
        return "broken", f"does not build: {said}", 0
    case_id = f"{run_id}-{uuid.uuid4().hex[:8]}"
    place = tempfile.mkdtemp(prefix="telltale-case-")
    groups, mounted, fds, tool, root, truth = [], None, [], None, None, read_truth(os.devnull)
    log = open(os.path.join(place, "output.log"), "wb")
    try:
        for key, controller in (("v1", None), ("v2", "v2")):
            if key in case and not groups:
                settings = dict(case[key])
                group = make_group(case_id, settings.pop("controller", controller), settings)
                if group:
                    groups.append(group)
        if ("v1" in case or "v2" in case) and not groups:
            return "skipped", "needs a control group that can do it", 0
        truth_path = os.path.join(place, "truth")
        write(truth_path, "")
        os.chmod(truth_path, 0o666)
        os.chmod(place, 0o777)
        work = os.path.join(place, "work")
        os.mkdir(work)
        if "small_disk" in case:
            options = f"size={case['small_disk']},mode=777"
            if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", work]).returncode:
                return "skipped", "needs a mount", 0
            mounted = work
        os.chmod(work, 0o777)
        env = dict(os.environ, CASE_ID=case_id, CASE_DIR=work, CASE_TRUTH=truth_path, CASE_LIMIT=str(opt.limit),
                   CASE_PYTHON=opt.python, PYTHONDONTWRITEBYTECODE="1", HOME=work, LC_ALL="C.UTF-8")
        kind = case.get("stdin", "null")
        streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        if kind == "pty":
            ours, theirs = os.openpty()
            streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
            fds.append(ours)
            threading.Thread(target=drain, args=(ours, log), daemon=True).start()
        elif kind == "pipe":
            theirs, ours = os.pipe()
            streams["stdin"] = theirs
            fds.append(ours)
        spec = {"groups": groups, "limit": opt.limit, "user": opt.as_user, "terminal": kind == "pty"}
        root = subprocess.Popen([sys.executable, __file__, "--enter", json.dumps(spec), "--"] + command,
                                env=env, **streams)
        if kind != "null":
            os.close(theirs)
        started = time.monotonic()
        while not (truth := read_truth(truth_path))["ready"]:
            if root.poll() is not None and truth["attach"] is None or time.monotonic() - started > 40:
                return "broken", "never got ready: " + tail(log.name), 0
            time.sleep(0.05)
        for version in ("v1", "v2"):
            pids = [pid for v, pid in truth["freeze"] if v == version]
            if pids:
                group = freeze(case_id, version, pids)
                if group is None:
                    return "skipped", f"needs a freezer of {version}", 0
                groups.append(group)
        for group in groups:
            truth["culprits"] += [{"path": group}, {"path": group[group.index("/telltale-case-"):]}]
        os.unlink(truth_path)
        time.sleep(case.get("settle", 1))
        target = truth["attach"] or root.pid
        if opt.stage:
            there = os.path.exists(f"/proc/{target}/status") and (truth["attach"] or root.poll() is None)
            return ("staged", look(carriers(case_id)), 0) if there else ("broken", "it ended: " + tail(log.name), 0)
        seconds = max(opt.seconds, case.get("seconds", 0))
        command = [opt.telltale, "diagnose", str(target), "--json", "--seconds", str(seconds)]
        command += ["--trace"] if opt.trace else []
        if opt.keep and opt.evidence:
            kept = os.path.join(opt.keep, case["name"] + ".evidence.json")
            command += ["--evidence", kept]
        env = {key: value for key, value in os.environ.items() if not key.startswith("CASE_")}
        ids = pwd.getpwnam(opt.as_user) if opt.as_user else None
        asked = time.monotonic()
        tool = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, cwd="/",
                                **({"user": ids.pw_uid, "group": ids.pw_gid, "extra_groups": []} if ids else {}))
        try:
            out, err = tool.communicate(timeout=seconds + 60)
        except subprocess.TimeoutExpired:
            return "unknown", "did not answer in time", time.monotonic() - asked
        took = time.monotonic() - asked
        try:
            answer = json.loads(out)
        except ValueError:
            return "unknown", "not JSON: " + (err or out)[-300:].strip(), took
        word, why = judge(case, answer, truth)
        if opt.keep:
            with open(os.path.join(opt.keep, case["name"] + ".json"), "w") as f:
                json.dump({"case": case, "verdict": word, "why": why, "asked": target, "truth": truth["culprits"],
                           "took_s": round(took, 2), "answer": answer}, f, indent=1)
        return word, why, took
    finally:
        if tool and tool.poll() is None:
            tool.kill()
            tool.wait()
        for group in groups:
            for name, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
                if os.path.exists(os.path.join(group, name)):
                    write(os.path.join(group, name), value)
        end_all(case_id)
        if root:
            root.kill()
            root.wait()
        for fd in fds:
            os.close(fd)
        log.close()
        for one in truth["semaphores"]:
            subprocess.run(["ipcrm", "-s", one])
        if mounted:
            subprocess.run(["umount", "-l", mounted])
        for group in groups:
            remove_group(group)
        shutil.rmtree(place, ignore_errors=True)


def tail(path):
    with open(path, errors="replace") as f:
        return f.read()[-1500:].strip()


def look(pids):
    """What a case looks like from afar, for those who write one."""
    words = []
    for pid in sorted(pids):
        try:
            for tid in sorted(os.listdir(f"/proc/{pid}/task"), key=int)[:8]:
                with open(f"/proc/{pid}/task/{tid}/stat") as f:
                    head, _, rest = f.read().rpartition(")")
                with open(f"/proc/{pid}/task/{tid}/wchan") as f:
                    words.append(f"{head.partition('(')[2]}/{tid}:{rest.split()[0]}:{f.read()}")
        except OSError:
            pass
    return " ".join(words)


# ---- all of them -------------------------------------------------------------------------------------------------

def python_of(user):
    """A Python that this user may run: ours may lie in a home that is closed."""
    if not user:
        return sys.executable
    ids = pwd.getpwnam(user)
    for one in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            if subprocess.run([one, "-c", ""], user=ids.pw_uid, group=ids.pw_gid, extra_groups=[], cwd="/",
                              stderr=subprocess.DEVNULL).returncode == 0:
                return one
        except OSError:
            pass
    sys.exit(f"{user} may run no python3 here")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("telltale", nargs="?", default=os.path.join(HERE, "../../target/debug/telltale"))
    parser.add_argument("--only", help="names, or beginnings of names, separated by commas")
    parser.add_argument("--cause", help="only the cases of this cause")
    parser.add_argument("--healthy", action="store_true", help="only the healthy ones")
    parser.add_argument("--hanging", action="store_true", help="only the hanging ones")
    parser.add_argument("--seconds", type=int, default=5, help="how long the tool may watch (5)")
    parser.add_argument("--limit", type=int, default=120, help="seconds after which a case ends by itself (120)")
    parser.add_argument("--keep", help="folder for the answers, and the evidence where the tool can write it")
    parser.add_argument("--as-user", metavar="USER", help="run case and tool as this user; needs root")
    parser.add_argument("--trace", action="store_true", help="ask with --trace")
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="burn N niced processors' time beside")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="all of it N times")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="N cases at a time")
    parser.add_argument("--stage", action="store_true", help="ask nobody: only check that each case gets ready and stays")
    parser.add_argument("--list", action="store_true", help="print the cases and leave")
    return parser.parse_args()


def chosen(opt):
    with open(os.path.join(HERE, "cases.toml"), "rb") as f:
        cases = tomllib.load(f)["case"]
    assert len({case["name"] for case in cases}) == len(cases), "two cases of one name"
    if opt.only:
        cases = [c for c in cases if any(c["name"].startswith(name) for name in opt.only.split(","))]
    if opt.cause:
        cases = [c for c in cases if c["cause"] == opt.cause]
    if opt.healthy or opt.hanging:
        cases = [c for c in cases if bool(c.get("healthy")) == opt.healthy]
    return cases


def main():
    opt = arguments()
    cases = chosen(opt)
    if opt.list:
        for case in cases:
            print(f"{case['name']:28} {case['cause']:18} {case['program']}")
        return 0
    opt.telltale = os.path.abspath(opt.telltale) if os.path.exists(opt.telltale) else opt.telltale
    opt.python = python_of(opt.as_user)
    opt.evidence = False
    if opt.keep:
        opt.keep = os.path.abspath(opt.keep)
        os.makedirs(opt.keep, exist_ok=True)
        if opt.as_user:
            os.chmod(opt.keep, 0o777)
        said = subprocess.run([opt.telltale, "diagnose", "--help"], capture_output=True, text=True).stdout
        opt.evidence = "--evidence" in said
    run_id = uuid.uuid4().hex[:12]
    watcher = subprocess.Popen([sys.executable, __file__, "--guard", run_id], stdin=subprocess.PIPE)
    burners = [subprocess.Popen([sys.executable, __file__, "--burn", str(os.getpid())]) for _ in range(opt.busy)]
    counts, slowest, poor = {}, 0.0, {}
    try:
        with tempfile.TemporaryDirectory(prefix="telltale-zoo-") as folder:
            os.chmod(folder, 0o755)
            with concurrent.futures.ThreadPoolExecutor(opt.jobs) as pool:
                for turn in range(opt.repeat):
                    runs = [(case, pool.submit(stage, case, opt, run_id, folder)) for case in cases]
                    for case, run in runs:
                        word, why, took = run.result()
                        key = (word, bool(case.get("healthy")))
                        counts[key] = counts.get(key, 0) + 1
                        slowest = max(slowest, took - max(opt.seconds, case.get("seconds", 0)))
                        if word not in ("right", "staged", "skipped"):
                            poor.setdefault(case["name"], []).append(word)
                        print(f"{word:8} {case['name']:28} {case['cause']:18} {took:5.1f} s  {why}", flush=True)
    finally:
        for one in burners:
            one.kill()
            one.wait()
        watcher.stdin.close()
        watcher.wait()
    total = lambda word, healthy: counts.get((word, healthy), 0)
    both = lambda word: total(word, True) + total(word, False)
    hanging = sum(n for (word, healthy), n in counts.items() if not healthy and word not in ("skipped", "broken"))
    healthy = sum(n for (word, well), n in counts.items() if well and word not in ("skipped", "broken"))
    print(f"\nhanging: {total('right', False)} of {hanging} named right, {total('wrong', False)} wrong, "
          f"{total('missed', False)} taken for healthy, {total('unknown', False)} unknown")
    print(f"healthy: {total('right', True)} of {healthy} said to be so, {total('accused', True)} accused, "
          f"{total('wrong', True)} in the wrong words, {total('unknown', True)} unknown")
    print(f"{both('skipped')} skipped, {both('broken')} broken; the slowest answer took {slowest:.1f} s more than its window")
    if opt.repeat > 1:
        for name, words in sorted(poor.items()):
            print(f"  {name}: {' '.join(words)}")
    return 1 if poor else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--enter"]:
        enter(sys.argv[2], sys.argv[4:])
    elif sys.argv[1:2] == ["--guard"]:
        guard(sys.argv[2])
    elif sys.argv[1:2] == ["--burn"]:
        burn(int(sys.argv[2]))
    else:
        sys.exit(main())
