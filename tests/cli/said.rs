//! What a job says of itself: real clients on the sockets that `run` hands it, and pages that it serves.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::util::{Dir, until};

/// The snapshots that a run wrote, oldest first.
fn snapshots(dir: &Dir) -> Vec<Value> {
    let text = std::fs::read_to_string(dir.path("run.jsonl")).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a Python script as the job; gives the last snapshot, and all notices there were.
fn run_python(dir: &Dir, more: &[&str], script: &str) -> Option<(Value, String)> {
    if Command::new("python3").arg("-V").output().is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: there is no python3");
        return None;
    }
    dir.write("job.py", script);
    let args = [
        &["run", "--headless", "--interval", "100ms", "--json-to", "run.jsonl"],
        more,
        &["--", "python3", "job.py"],
    ];
    let answer = dir.cmd(&args.concat()).run();
    assert_eq!(answer.code, Some(0), "{}{}", answer.out, answer.err);
    let all = snapshots(dir);
    let notices: Vec<&Value> = all.iter().flat_map(|s| s["notices"].as_array().unwrap()).collect();
    Some((all.last().unwrap().clone(), format!("{notices:?}")))
}

fn progress(snapshot: &Value) -> (Option<u64>, Option<u64>) {
    let progress = &snapshot["jobs"][0]["progress"];
    (progress["done"].as_u64(), progress["total"].as_u64())
}

#[test]
fn a_job_counts_by_statsd() {
    let dir = Dir::new();
    let script = "
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to = (os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT']))
assert os.environ['DD_DOGSTATSD_PORT'] == os.environ['STATSD_PORT']
s.sendto(b'rows.total:40|g\\n', to)
for i in range(20):
    s.sendto(b'rows.done:1|c|#worker:%d\\nstep:12.5|ms' % (i % 4), to)
    s.sendto(b'rows.done:2|c|@0.5', to) if i < 4 else None
    time.sleep(0.1)
";
    let Some((last, notices)) = run_python(&dir, &[], script) else { return };
    assert_eq!(progress(&last), (Some(36), Some(40)), "{last}");
    let source = last["jobs"][0]["progress"]["source"].as_str().unwrap();
    assert_eq!(source, "rows.done, rows.total (datagrams)");
    assert!(last["jobs"][0]["beat"]["sources"].to_string().contains("datagrams"));
    assert_eq!(notices, "[]");
    assert!(snapshots(&dir).iter().any(|s| s["jobs"][0]["progress"]["throughput"].as_f64().is_some()));
}

#[test]
fn a_job_tells_its_manager() {
    let dir = Dir::new();
    let script = "
import os, socket, time, array
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to = os.environ['NOTIFY_SOCKET']
s.sendto(b'READY=1\\nSTATUS=reading rows', to)
s.sendto(b'X_ROWS_DONE=3\\nX_ROWS_TOTAL=7', to)
time.sleep(0.3)
s.sendto(b'WATCHDOG=1', to)
# A barrier: its sender waits until the descriptor that it sends is closed.
r, w = os.pipe()
s.sendmsg([b'BARRIER=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [w]))], 0, to)
os.close(w)
assert os.read(r, 1) == b''
# In dogstatsd over a unix socket.
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
d.sendto(b'tasks.in_flight:4|g|#a:b\\n', os.environ['DD_DOGSTATSD_URL'].removeprefix('unix://'))
time.sleep(0.3)
";
    let Some((last, notices)) = run_python(&dir, &[], script) else { return };
    assert_eq!(progress(&last), (Some(3), Some(7)), "{last}");
    assert_eq!(last["jobs"][0]["progress"]["in_flight"], 4);
    assert_eq!(notices, "[]");
    let all = snapshots(&dir);
    let texts: Vec<&Value> =
        all.iter().flat_map(|s| s["jobs"][0]["log"]["fresh"].as_array().unwrap()).collect();
    assert!(texts.iter().any(|line| line["text"] == "status: reading rows"), "{texts:?}");
    assert!(all.iter().any(|s| s["jobs"][0]["beat"]["last_source"] == "WATCHDOG=1"), "a watchdog is a beat");
}

#[test]
fn the_users_names_count_and_a_status_line_is_read() {
    let dir = Dir::new();
    let script = "
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to = (os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT']))
s.sendto(b'events:5|c|#type:ok\\nevents:2|c|#type:bad\\nrows.done:99|c', to)
time.sleep(0.3)
";
    let more = ["--source", "done=events{type=ok}", "--source", "failed=events{type=bad}"];
    let Some((last, _)) = run_python(&dir, &more, script) else { return };
    assert_eq!(progress(&last), (Some(5), None));
    assert_eq!(last["jobs"][0]["progress"]["failed"], 2);
    let script = "
import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'STATUS=Epoch 3: 12/345 rows, 4 workers', os.environ['NOTIFY_SOCKET'])
time.sleep(0.3)
";
    let Some((last, _)) = run_python(&dir, &[], script) else { return };
    assert_eq!(progress(&last), (Some(12), Some(345)));
}

#[test]
fn receivers_of_the_users_own_are_left_alone() {
    let dir = Dir::new();
    let names = "env | grep -E '^(STATSD_|DD_|NOTIFY_)' | cut -d= -f1 | sort | tr '\\n' ' '";
    let vars = |args: &[&str], set: &[&str]| {
        let all = [&["run", "--headless"], args, &["--", "sh", "-c", names]].concat();
        let cmd = set.iter().fold(dir.cmd(&all), |cmd, name| cmd.env(name, "theirs"));
        cmd.run().out.trim().to_owned()
    };
    let own = "DD_AGENT_HOST DD_DOGSTATSD_PORT DD_DOGSTATSD_URL NOTIFY_SOCKET STATSD_HOST STATSD_PORT";
    assert_eq!(vars(&[], &[]), own);
    assert_eq!(vars(&["--no-sockets"], &[]), "");
    assert_eq!(vars(&[], &["STATSD_HOST", "DD_AGENT_HOST"]), "DD_AGENT_HOST NOTIFY_SOCKET STATSD_HOST");
}

#[test]
fn who_comes_later_is_told_how_old_the_last_beat_is() {
    let dir = Dir::new();
    let script = "
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'rows.done:7|c', (os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT'])))
open('said', 'w')
time.sleep(6)
";
    dir.write("job.py", script);
    let running = dir.cmd(&["run", "--headless", "--name", "late", "--", "python3", "job.py"]).start();
    until("it has spoken", || dir.path("said").exists());
    std::thread::sleep(std::time::Duration::from_secs(2));
    let answer = dir.cmd(&["attach", "late", "--once", "--json"]).run();
    let last: Value = serde_json::from_str(answer.out.lines().last().unwrap()).unwrap();
    let (at, beat) = (last["at"].as_u64().unwrap(), last["jobs"][0]["beat"]["last"].as_u64().unwrap());
    assert!(at - beat >= 1_900, "{} ms", at - beat);
    assert_eq!(progress(&last).0, Some(7));
    drop(running);
}

/// The socket in the folder of the only run.
fn socket(dir: &Dir, name: &str) -> Option<PathBuf> {
    let runs = std::fs::read_dir(dir.path("state/telltale/runs")).ok()?;
    runs.flatten().map(|run| run.path().join(name)).find(|path| path.exists())
}

#[test]
fn strangers_are_refused_and_counted() {
    let dir = Dir::new();
    let args = ["run", "--headless", "--interval", "100ms", "--json-to", "run.jsonl", "--", "sleep", "2"];
    let running = dir.cmd(&args).start();
    until("there is a socket", || socket(&dir, "statsd.sock").is_some());
    let sender = UnixDatagram::unbound().unwrap();
    sender.send_to(b"rows.done:7|c", socket(&dir, "statsd.sock").unwrap()).unwrap();
    sender.send_to(b"X_ROWS_DONE=9", socket(&dir, "notify.sock").unwrap()).unwrap();
    let refused = "2 datagrams came from processes that are no part of the job, and were refused";
    until("strangers are told", || {
        snapshots(&dir).iter().any(|s| s["notices"].to_string().contains(refused))
    });
    assert!(snapshots(&dir).iter().all(|s| progress(s) == (None, None)));
    drop(running);
}

#[test]
fn a_flood_and_garbage_are_survived_and_what_is_lost_is_counted() {
    let dir = Dir::new();
    let script = "
import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
to = (os.environ['STATSD_HOST'], int(os.environ['STATSD_PORT']))
for i in range(20):
    s.sendto(os.urandom(65507), to)
time.sleep(0.3)
end, sent = time.time() + 1, 0
while time.time() < end:
    for _ in range(100):
        s.sendto(b'rows.done:1|c', to)
    sent += 100
time.sleep(0.5)
open('sent', 'w').write(str(sent))
";
    let Some((last, _)) = run_python(&dir, &[], script) else { return };
    let sent: u64 = std::fs::read_to_string(dir.path("sent")).unwrap().parse().unwrap();
    let notices = last["notices"].to_string();
    let lost = notices.split("datagrams came faster").next().filter(|_| notices.contains("came faster"));
    let lost = lost.map_or(0, |before| before.trim().rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    let done = progress(&last).0.unwrap();
    let _ = writeln!(std::io::stderr(), "sent {sent}, counted {done}, lost {lost}");
    // Of the garbage some may be lost too.
    assert!((sent..=sent + 20).contains(&(done + lost)), "sent {sent}, counted {done}, lost {lost}");
    assert!(notices.contains("could not be read"), "{notices}");
}

#[test]
fn attach_opens_a_socket() {
    let dir = Dir::new();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let job = Command::new("sleep").arg("4").spawn().unwrap();
    let (pid, address) = (job.id().to_string(), port.to_string());
    let args =
        ["attach", &pid, "--statsd", &address, "--headless", "--interval", "100ms", "--json-to", "run.jsonl"];
    let running = dir.cmd(&args).start();
    until("it watches", || snapshots(&dir).len() > 1);
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"rows.done:7|c\nrows.total:9|g", ("127.0.0.1", port)).unwrap();
    until("it counts", || snapshots(&dir).last().is_some_and(|s| progress(s) == (Some(7), Some(9))));
    drop(running);
    let refused = dir.cmd(&["attach", &pid, "--statsd", "0.0.0.0:8125", "--once"]).run();
    assert!(refused.code == Some(2) && refused.err.contains("use 127.0.0.1"), "{}", refused.err);
    let mut job = job;
    job.kill().unwrap();
    job.wait().unwrap();
}

/// Serves pages on a port of its own until the test ends.
fn serve(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            // Who asks may hang up in the middle.
            let _ = answer(&mut stream);
        }
    });
    url
}

fn page(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Watches a job beside a page for a while; all snapshots.
fn watch(url: &str, seconds: &str) -> Vec<Value> {
    let dir = Dir::new();
    let args = [
        "run",
        "--headless",
        "--interval",
        "100ms",
        "--json-to",
        "run.jsonl",
        "--prometheus",
        url,
        "--",
        "sleep",
        seconds,
    ];
    assert_eq!(dir.cmd(&args).run().code, Some(0));
    snapshots(&dir)
}

fn has_notice(all: &[Value], words: &str) -> bool {
    all.iter().any(|s| s["notices"].to_string().contains(words))
}

#[test]
fn a_page_is_progress() {
    let done = std::sync::atomic::AtomicU64::new(10);
    let url = serve(move |stream| {
        let done = done.fetch_add(5, std::sync::atomic::Ordering::Relaxed);
        let body = format!(
            "# TYPE rows_done_total counter\nrows_done_total{{worker=\"1\"}} {done}\n# TYPE rows_expected gauge\nrows_expected 50\n"
        );
        stream.write_all(page(&body).as_bytes())
    });
    let all = watch(&url, "2.5");
    let last = all.last().unwrap();
    assert!(progress(last).0 >= Some(15) && progress(last).1 == Some(50), "{last}");
    assert_eq!(last["jobs"][0]["progress"]["source"], "rows_done_total, rows_expected (page)");
    assert_eq!(last["notices"].to_string(), "[]");
}

#[test]
fn pages_that_are_none_are_told_and_hold_nothing_up() {
    let html = serve(|stream| stream.write_all(page("<!DOCTYPE html>\n<html></html>\n").as_bytes()));
    assert!(has_notice(&watch(&html, "0.5"), "this is a web page"));
    let half = serve(|stream| {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n# TYPE rows_done gauge\nrows_done 7\nrows_to",
        )
    });
    let all = watch(&half, "0.5");
    assert!(has_notice(&all, "the page is not whole"));
    assert_eq!(progress(all.last().unwrap()).0, Some(7));
    let missing = serve(|stream| stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n"));
    assert!(has_notice(&watch(&missing, "0.5"), "status 404"));
    // A byte now and then: the rounds go on meanwhile.
    let slow = serve(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            stream.write_all(b"x")?;
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    });
    let all = watch(&slow, "6");
    assert!(has_notice(&all, "no whole page within 5 s"));
    assert!(all.len() > 20, "{} rounds in 6 seconds", all.len());
}

#[test]
fn a_page_without_end_is_cut() {
    let giant = serve(|stream| {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nContent-Length: 419430400\r\n\r\n# TYPE rows_done gauge\nrows_done 7\n",
        )?;
        let piece = "filler{n=\"1\"} 1\n".repeat(4_096);
        for _ in 0..6_400 {
            stream.write_all(piece.as_bytes())?;
        }
        Ok(())
    });
    let all = watch(&giant, "4");
    assert!(has_notice(&all, "longer than"), "{}", all.last().unwrap()["notices"]);
    assert_eq!(progress(all.last().unwrap()).0, Some(7));
    let memory = all.iter().map(|s| s["own"]["memory"].as_u64().unwrap()).max().unwrap();
    assert!(memory < 64 << 20, "{memory} bytes for a page of 400 MB");
}
