//! Datagrams: giants, garbage, floods, of strangers, and more names than anybody can keep.

use super::*;

const LOST: &str = "datagrams came faster";
const UNREADABLE: &str = "datagrams, or lines of them";
const STRANGERS: &str = "datagrams came from processes that are no part of the job";

#[test]
fn garbage_of_64_kb_is_counted_and_leaves_nothing_behind() {
    let dir = Dir::new();
    let script = "
plain, dog, notify = udp(), unix(), unix('NOTIFY_SOCKET')
words = os.urandom(65507)
while time.monotonic() < END:
    for s in (plain, dog, notify):
        s.send(words)
    time.sleep(0.002)
dog.send(b'rows.done:7|c')
time.sleep(0.3)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("garbage");
    assert!(seen.counted(UNREADABLE) > 1_000, "{}", last["notices"]);
    assert_eq!(last["jobs"][0]["progress"]["done"], 7, "what comes after it counts");
}

#[test]
fn of_a_flood_each_datagram_is_counted_or_said_to_be_lost() {
    let dir = Dir::new();
    let script = "
s, n = udp(), 0
while time.monotonic() < END:
    for _ in range(200):
        s.send(b'rows.done:1|c')
    n += 200
time.sleep(0.5)
said(n)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("a flood by UDP");
    let done = last["jobs"][0]["progress"]["done"].as_u64().unwrap();
    assert_eq!(done + seen.counted(LOST), dir.sent());
}

#[test]
fn a_unix_socket_loses_nothing_in_a_flood() {
    let dir = Dir::new();
    let script = "
s, n = unix(), 0
while time.monotonic() < END:
    for _ in range(200):
        s.send(b'rows.done:1|c|#worker:7')
    n += 200
time.sleep(0.5)
said(n)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("a flood by a unix socket");
    assert_eq!(last["jobs"][0]["progress"]["done"].as_u64(), Some(dir.sent()));
}

#[test]
fn more_names_than_are_kept_are_left_out_and_counted() {
    let dir = Dir::new();
    let script = "
s, t, n = unix(), unix('NOTIFY_SOCKET'), 0
while time.monotonic() < END:
    n += 1
    s.send(b'metric.%d.%s:1|c|#tag:%d' % (n, b'x' * 80, n))
    t.send(b'STATUS=%d ' % n + b'y' * 60000)
time.sleep(0.3)
";
    let Some(seen) = dir.python(&[], script) else { return };
    let last = seen.is_well("names without end");
    assert!(seen.counted("values were left out") > 100, "{}", last["notices"]);
}

/// A sender of another user, whose parent is nobody of the job; it gets the address and for how long.
const STRANGER: &str = "
if os.getuid() != 0:
    sys.exit(77)
def stranger(to):
    if os.fork() > 0:
        return os.wait()
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    s = socket.socket(socket.AF_UNIX if '/' in to else socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(to if '/' in to else ('127.0.0.1', int(to)))
    for n in range(200):
        s.send(b'rows.done:1|c')
        time.sleep(0.005)
    os._exit(0)
";

#[test]
fn another_user_is_refused_and_counted() {
    let dir = Dir::new();
    let by_udp = format!(
        "{STRANGER}\nstranger(os.environ['STATSD_PORT'])\nudp().send(b'rows.done:7|c')\ntime.sleep(2.5)"
    );
    let Some(seen) = dir.python(&[], &by_udp) else { return };
    if seen.code == Some(77) {
        let _ = writeln!(std::io::stderr(), "skipped: only root can become another user");
        return;
    }
    // The sender is a descendant of the job, for the keeper adopts it: the user decides, and has a part in the job.
    let last = seen.is_well("another user below the job, by UDP");
    assert_eq!(
        (seen.counted(STRANGERS), &last["jobs"][0]["progress"]["done"]),
        (0, &207.into()),
        "{}",
        last["notices"]
    );
    let dir = Dir::new();
    let seen = dir.with_a_neighbour("udp");
    let last = seen.is_well("another user, by UDP");
    assert_eq!(
        (seen.counted(STRANGERS), &last["jobs"][0]["progress"]["done"]),
        (200, &7.into()),
        "{}",
        last["notices"]
    );
    let dir = Dir::new();
    let seen = dir.with_a_neighbour("unix");
    let last = seen.is_well("another user, by a unix socket that is open to all");
    assert_eq!(
        (seen.counted(STRANGERS), &last["jobs"][0]["progress"]["done"]),
        (200, &7.into()),
        "{}",
        last["notices"]
    );
}

impl Dir {
    /// A job that says 7 of itself, while a process of another user says 200 times 1.
    fn with_a_neighbour(&self, way: &str) -> Seen {
        let job = "
open('at', 'w').write(os.environ['STATSD_PORT'] + ' ' + os.environ['DD_DOGSTATSD_URL'])
unix().send(b'rows.done:7|c')
time.sleep(3)
";
        let folder = self.0.path().to_owned();
        let way = way.to_owned();
        let neighbour = std::thread::spawn(move || {
            let at = loop {
                match fs::read_to_string(folder.join("at")) {
                    Ok(at) if at.contains("unix://") => break at,
                    _ => std::thread::sleep(Duration::from_millis(20)),
                }
            };
            let (port, path) = at.split_once(" unix://").unwrap();
            let open = "
path = sys.argv[1]
os.chmod(path, 0o777)
while path != '/':
    path = os.path.dirname(path)
    path != '/' and os.chmod(path, os.stat(path).st_mode | 0o111)
";
            let is_udp = way == "udp";
            let (to, open) = if is_udp { (port, "") } else { (path, open) };
            let script = format!("{HEAD}{STRANGER}{open}\nstranger(sys.argv[1])");
            let status = Command::new("python3").args(["-c", &script, to]).process_group(0).status();
            assert!(status.unwrap().success());
        });
        let seen = self.python(&[], job).unwrap();
        neighbour.join().unwrap();
        seen
    }
}
