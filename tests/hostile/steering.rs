//! Names and texts that would steer a terminal: none of them leaves Telltale raw.

use super::*;
use std::io::Read as _;
use std::net::TcpListener;

/// True for what a terminal would obey, and for what turns or hides text.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_clean(name: &str, text: &str) {
    if let Some(at) = text.find(steers) {
        let around: String = text[at..].chars().take(40).collect();
        panic!("{name} holds {around:?}");
    }
}

/// A page whose names, labels and help steer.
fn page() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = "# HELP rows_done \u{1b}]0;help\u{7}\n# TYPE rows_done gauge\n\
                        rows_done{worker=\"\u{1b}]0;label\u{7}\u{202e}\"} 7\n\u{9b}2Jrows_done 3\n";
            let head = "HTTP/1.1 200 OK\u{1b}]0;head\u{7}\r\nX: \u{1b}[2J\r\n\r\n";
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn nothing_that_steers_a_terminal_leaves_raw() {
    let dir = Dir::new();
    let script = r"
OSC = b'\x1b]0;owned\x07\x1b[2J\x9b31m\xc2\x9b5n\xe2\x80\xaetxt.exe\xef\xbb\xbf'
def rename(): open('/proc/self/comm', 'wb').write(b'\x1b]0;x\x07) S 1\n')
rename()
child = os.fork()
if child == 0:
    rename(); time.sleep(1); os.kill(os.getpid(), 9)
other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1.5)', b'arg' + OSC])
s, t = unix(), unix('NOTIFY_SOCKET')
t.send(b'STATUS=reading ' + OSC + b' 3/9')
t.send(b'X_ROWS_DONE' + OSC + b'=3')
s.send(b'rows.done' + OSC + b':3|c|#worker:' + OSC)
s.send(b'rows.done:3|c|#worker:' + OSC)
for n in range(8):
    os.write(1, OSC + b' row %d/9\n' % n)
    os.write(2, b'\x1bP+q544e\x1b\\ OSError: [Errno 12] Cannot allocate memory ' + OSC + b'\n')
    os.write(2, b'\x1b_Gf=24;AAAA\x1b\\ RuntimeError: can\'t start new thread \xe2\x80\xae\n')
    time.sleep(0.25)
os.waitpid(child, 0); other.wait()
";
    let url = page();
    let more =
        ["--prometheus", &url, "--on-alert", "sh -c 'cat >> payload; env | grep ^TELLTALE_ >> payload'"];
    let more = [&more[..], &["--name", "etl\u{1b}]0;name\u{7}\u{202e}"]].concat();
    let Some(seen) = dir.python(&more, script) else { return };
    seen.is_well("names and texts that steer");
    assert!(seen.raw.contains("owned") && seen.raw.contains("row 7/9"), "the rest of the lines is there");
    is_clean("the series", &seen.raw);
    // What the job writes on standard error is the caller's, byte for byte; what we add is not.
    let ours: Vec<&str> = seen.err.lines().filter(|line| line.starts_with("telltale: ")).collect();
    is_clean("the words on standard error", &ours.join("\n"));
    let payload = dir.text("payload");
    assert!(payload.contains("worker_lost"), "{payload}");
    is_clean("what a command is told", &payload);
    let status = dir.telltale(&["status"]).stdout(Stdio::piped()).output().unwrap();
    is_clean("telltale status", &String::from_utf8_lossy(&status.stdout));
}
