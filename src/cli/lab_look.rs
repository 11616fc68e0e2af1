#![expect(clippy::disallowed_methods, reason = "edge: reads /proc twice, with a second between")]
//! One look at the threads of a small program: how each spent a second, and where in the kernel it waits.

use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use crate::model::text::Text;

/// How long is looked.
const LOOK: Duration = Duration::from_secs(1);

/// No more threads than this: what is looked at here is small.
const MOST: usize = 32;

/// One thread at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    pid: u32,
    tid: u32,
    name: Text,
    state: char,
    /// Nanoseconds on a CPU and ready for one, so far.
    ran: u64,
    ready: u64,
    channel: Text,
}

/// A table of the threads of a process and of its children.
pub(super) fn look(pid: u32) -> String {
    let begun = Instant::now();
    let before = threads(pid);
    std::thread::sleep(LOOK);
    let after = threads(pid);
    table(&before, &after, begun.elapsed())
}

fn threads(pid: u32) -> Vec<Seen> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    let mut seen = Vec::new();
    for pid in std::iter::once(pid).chain(children) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { continue };
        let tids = tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok());
        seen.extend(tids.filter_map(|tid| thread(pid, tid)).take(MOST));
        seen.truncate(MOST);
    }
    seen
}

fn thread(pid: u32, tid: u32) -> Option<Seen> {
    let text = |file| fs::read_to_string(format!("/proc/{pid}/task/{tid}/{file}")).ok();
    let stat = text("stat")?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    let times = text("schedstat").unwrap_or_default();
    let mut times = times.split_whitespace().map(|time| time.parse().unwrap_or(0));
    Some(Seen {
        pid,
        tid,
        name: name.into(),
        state: rest.trim_start().chars().next()?,
        ran: times.next().unwrap_or(0),
        ready: times.next().unwrap_or(0),
        channel: text("wchan").filter(|channel| channel != "0").unwrap_or_default().into(),
    })
}

/// Where the time between two looks went.
fn table(before: &[Seen], after: &[Seen], time: Duration) -> String {
    let nanoseconds = time.as_nanos().max(1) as f64;
    let share = |from: u64, to: u64| (to.saturating_sub(from) as f64 / nanoseconds * 100.0).min(100.0);
    let mut table = format!(
        "{:>8} {:>8}  {:15} {:5} {:>5} {:>5} {:>5}  {}\n",
        "PID", "TID", "THREAD", "STATE", "RAN", "READY", "WAIT", "WAITS IN"
    );
    for now in after {
        let then = before.iter().find(|then| then.tid == now.tid).unwrap_or(now);
        let (ran, ready) = (share(then.ran, now.ran), share(then.ready, now.ready));
        let waited = (100.0 - ran - ready).max(0.0);
        let Seen { pid, tid, name, state, channel, .. } = now;
        // Writing to a string does not fail.
        let _ = writeln!(
            table,
            "{pid:>8} {tid:>8}  {name:15} {state:5} {ran:>4.0}% {ready:>4.0}% {waited:>4.0}%  {channel}"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(tid: u32, ran: u64, ready: u64) -> Seen {
        let (name, channel) = ("demo-worker".into(), "futex_do_wait".into());
        Seen { pid: 7, tid, name, state: 'S', ran, ready, channel }
    }

    #[test]
    fn a_second_is_shared_out() {
        let before = [seen(7, 100, 0), seen(8, 0, 0)];
        let after = [seen(7, 500_000_100, 250_000_000), seen(8, 0, 0), seen(9, 3, 3)];
        let table = table(&before, &after, Duration::from_secs(1));
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["7", "7", "demo-worker", "S", "50%", "25%", "25%", "futex_do_wait"]);
        assert_eq!(lines[2][4..7], ["0%", "0%", "100%"]);
        assert_eq!(lines[3][4..7], ["0%", "0%", "100%"], "one that is new has no past");
    }

    #[test]
    fn this_very_program_is_seen() {
        let seen = threads(std::process::id());
        assert!(seen.iter().any(|thread| thread.pid == std::process::id()));
        assert_eq!(threads(u32::MAX), []);
    }
}
