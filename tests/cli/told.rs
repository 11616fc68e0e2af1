//! Being told of alerts elsewhere: commands get them, and what goes wrong with a command is shown.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::util::{Answer, Dir, Running, until};

/// A process that never shows progress, and what watching it until it ends says.
fn silent(dir: &Dir, span: &str, flags: &[&str]) -> Answer {
    dir.write("job.log", "");
    let log = dir.path("job.log");
    let job = Running::shell(&format!("exec >{}; echo done 1 of 9; sleep {span}", log.display()));
    let pid = job.pid().to_string();
    let watch =
        ["attach", &pid, "--headless", "--interval", "100ms", "--log", "job.log", "--heartbeat", "300ms"];
    dir.cmd(&[&watch[..], flags].concat()).run()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The notices of all snapshots.
fn notices(answer: &Answer) -> String {
    let snapshots = answer.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    snapshots.map(|snapshot| snapshot["notices"].to_string() + "\n").collect()
}

#[test]
fn a_command_gets_the_alert_and_its_end() {
    let dir = Dir::new();
    let command = "sh -c 'cat >>told; echo >>told; echo $TELLTALE_STATE $TELLTALE_LEVEL $TELLTALE_CONDITION >>said; \
                   echo on the screen'";
    let answer = silent(&dir, "2", &["--on-alert", command]);
    let told = lines(&dir.path("told"));
    assert_eq!(told.iter().map(|alert| &alert["state"]).collect::<Vec<_>>(), ["began", "ended"], "{told:?}");
    assert_eq!((&told[0]["condition"], &told[0]["level"]), (&"no_heartbeat".into(), &"critical".into()));
    assert!(told[0]["text"].as_str().unwrap().contains("no heartbeat"), "{told:?}");
    assert!(told[0]["evidence"].as_array().is_some_and(|evidence| !evidence.is_empty()));
    let said = std::fs::read_to_string(dir.path("said")).unwrap();
    assert_eq!(said, "began critical no_heartbeat\nended critical no_heartbeat\n");
    assert!(!answer.out.contains("on the screen") && !answer.err.contains("on the screen"));
    // People who read along are told of both too.
    assert!(answer.err.contains(": critical: no heartbeat "), "{}", answer.err);
    assert!(answer.err.contains(": over after "), "{}", answer.err);
    // Nothing steers a terminal that is not there.
    assert!(!answer.err.contains('\x07') && !answer.out.contains('\x07') && !answer.err.contains('\x1b'));
}

#[test]
fn no_shell_reads_the_command_and_a_level_keeps_it_quiet() {
    let dir = Dir::new();
    silent(&dir, "1.5", &["--on-alert", "touch $HOME; hooked"]);
    assert!(dir.path("$HOME;").exists() && dir.path("hooked").exists());
    silent(&dir, "1.5", &["--on-alert", "touch quiet", "--alert-level", "never"]);
    assert!(!dir.path("quiet").exists());
}

#[test]
fn a_command_that_fails_is_shown_and_the_watching_goes_on() {
    let dir = Dir::new();
    let answer = silent(&dir, "2", &["--on-alert", "sh -c 'echo no such pager >&2; exit 7'"]);
    assert_eq!(answer.code, Some(0));
    let notices = notices(&answer);
    assert!(notices.contains("on-alert: sh ended with exit status: 7: no such pager"), "{notices}");
    let answer = silent(&dir, "1.5", &["--on-alert", "no-such-command-anywhere"]);
    assert!(self::notices(&answer).contains("can't start no-such-command-anywhere"), "{}", answer.out);
}

#[test]
fn a_command_that_hangs_is_ended_and_holds_nothing_up() {
    let dir = Dir::new();
    let answer = silent(&dir, "1.5", &["--on-alert", "sh -c 'echo $$ >hung; sleep 100 & wait'"]);
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.lines().count() > 5, "rounds were taken meanwhile: {}", answer.out);
    let pid = std::fs::read_to_string(dir.path("hung")).unwrap();
    // Telltale has left, and the command with all it started is gone.
    let group = pid.lines().next().unwrap().to_owned();
    until("the group is gone", || {
        std::fs::read_dir("/proc").unwrap().filter_map(Result::ok).all(|entry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
            fields.get(2) != Some(&group.as_str()) || fields[0] == "Z"
        })
    });
}

#[test]
fn only_the_users_own_file_names_a_command() {
    let dir = Dir::new();
    std::fs::create_dir_all(dir.path(".git")).unwrap();
    dir.write(".telltale.toml", "[alert]\non-alert = 'touch stranger'\nwebhook = 'http://127.0.0.1:9/'\n");
    dir.write(".config/telltale/config.toml", "[alert]\non-alert = ['touch', 'my own']\n");
    let answer = silent(&dir, "1.5", &[]);
    assert!(dir.path("my own").exists() && !dir.path("stranger").exists());
    assert!(notices(&answer).contains(".telltale.toml: 2 settings refused"), "{}", answer.out);
}

/// A web server that answers each request like this, and what it was asked.
fn serve(listener: TcpListener, answers: &'static [&'static str]) -> std::thread::JoinHandle<Vec<String>> {
    std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { break };
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let (mut text, mut bytes) = (String::new(), [0; 4096]);
            // The body is one JSON object, and comes last.
            while !text.ends_with('}') {
                let n = stream.read(&mut bytes).unwrap();
                assert!(n > 0, "cut off: {text}");
                text.push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
            heard.push(text);
            let _ = write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        heard
    })
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn a_webhook_is_posted_to_once_for_the_beginning_and_once_for_the_end() {
    let dir = Dir::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?token=secret-token", listener.local_addr().unwrap());
    // The first try meets trouble that passes.
    let server = serve(listener, &["503 Busy", "200 OK", "204 No Content"]);
    let answer = silent(&dir, "3", &["--webhook", &url]);
    let heard = server.join().unwrap();
    assert!(heard[0].starts_with("POST /hook?token=secret-token HTTP/1.1\r\n"), "{}", heard[0]);
    assert!(heard[0].to_ascii_lowercase().contains("content-type: application/json"), "{}", heard[0]);
    assert_eq!(body(&heard[0]), body(&heard[1]), "the same is tried again");
    assert_eq!((&body(&heard[1])["state"], &body(&heard[2])["state"]), (&"began".into(), &"ended".into()));
    assert!(!answer.out.contains("secret-token") && !answer.err.contains("secret-token"));
}

#[test]
fn a_webhook_that_fails_is_shown_without_its_secret() {
    let dir = Dir::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let server = serve(listener, &["404 Not Found"]);
    let environment = format!("http://{place}/secret-token");
    dir.write(".config/telltale/config.toml", format!("[alert]\nwebhook = '{environment}'\nended = false\n"));
    let answer = silent(&dir, "2", &[]);
    server.join().unwrap();
    let notices = notices(&answer);
    assert!(notices.contains(&format!("webhook: http://{place}/… answered 404")), "{notices}");
    assert!(!answer.out.contains("secret-token") && !answer.err.contains("secret-token"));
}
