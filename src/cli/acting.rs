//! What the screen wishes to do to a job's processes: through the job's keeper where it has one, and else by
//! telltale itself, off the thread that takes the keys.

use std::time::Duration;

use rustix::process::Signal;

use crate::job::folder::Places;
use crate::job::freeze::hand::{self, Job};
use crate::job::freeze::record::{self, Reason};
use crate::job::tree::{self, Process, Sent};
use crate::model::job;
use crate::model::member::MemberId;
use crate::model::process::signal_name;
use crate::model::text::Text;

/// One deed.
#[derive(Debug)]
pub(super) enum Act {
    /// Freeze a job without a keeper.
    Freeze(Job),
    /// Let one go on, or one process of it.
    Thaw(Process, Option<i32>),
    /// End one that is frozen.
    End(Process, Duration),
    /// Nothing: the main process has ended, and its PID may be somebody else's.
    Nothing,
    /// Send this signal to exactly these processes.
    Signal(i32, Vec<Process>),
}

/// A job of a snapshot as one that can be frozen.
pub(super) fn of(job: &job::Job) -> Option<Job> {
    let living = job.members.iter().filter(|member| member.activity.is_alive());
    let members = living.filter_map(|member| Process::of(&member.id)).collect();
    Some(Job { root: root(job)?, members, name: job.name.clone() })
}

/// The process a job began with, as it was seen: who has its PID now may be a stranger.
pub(super) fn root(job: &job::Job) -> Option<Process> {
    let pid = job.root()?;
    job.members.iter().find(|member| member.id.pid() == Some(pid)).and_then(|member| Process::of(&member.id))
}

/// The processes that are members.
pub(super) fn processes(members: &[MemberId]) -> Vec<Process> {
    members.iter().filter_map(Process::of).collect()
}

/// Does it, and says in a line what came of it.
pub(super) fn run(act: Act, places: &Places) -> Text {
    Text::from(match act {
        Act::Freeze(job) => match hand::freeze(places, &job, Reason::by_hand()) {
            Ok(frozen) => format!("frozen, {}", counted(frozen.processes as usize)),
            Err(error) => format!("not frozen: {error}"),
        },
        Act::Thaw(root, only) => {
            let path = record::of_process(places, root);
            match record::read(&path).map(|mut record| hand::thaw(&path, &mut record, only)) {
                None => "it is not frozen any more".to_owned(),
                Some(None) => "that process is none of those that are frozen".to_owned(),
                Some(Some(thawed)) => format!("going on, {}", counted(thawed)),
            }
        }
        Act::End(root, grace) => {
            let path = record::of_process(places, root);
            match record::read(&path).map(|record| hand::end(&path, &record, grace)) {
                None => "it is not frozen any more".to_owned(),
                Some(0) => "ended".to_owned(),
                Some(killed) => format!("ended; {} had to be killed", counted(killed)),
            }
        }
        Act::Nothing => {
            "its main process has ended; a process of it can be signalled from the table".to_owned()
        }
        Act::Signal(signal, targets) => send(signal, &targets),
    })
}

fn send(number: i32, targets: &[Process]) -> String {
    let name = signal_name(number).unwrap_or("the signal");
    let Some(signal) = Signal::from_named_raw(number) else { return format!("{name} was not sent") };
    let sent: Vec<Sent> = targets.iter().map(|process| tree::send(*process, signal)).collect();
    let count = |what| sent.iter().filter(|sent| **sent == what).count();
    let (done, gone, forbidden) = (count(Sent::Done), count(Sent::Gone), count(Sent::Forbidden));
    let parts = [
        Some(format!("{name} sent to {}", counted(done))),
        (gone > 0).then(|| format!("{} gone meanwhile", counted(gone))),
        (forbidden > 0).then(|| {
            format!("{} of another user, whom only that one or root may signal", counted(forbidden))
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn counted(n: usize) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "starts children to signal them")]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_pid_that_was_given_again_is_not_hit() {
        let mut child = Command::new("sleep").arg("20").stdin(Stdio::null()).spawn().unwrap();
        let there = Process::now(child.id() as i32).unwrap();
        let another = Process { start: there.start - 1, ..there };
        assert_eq!(send(15, &[another]), "SIGTERM sent to 0 processes; 1 process gone meanwhile");
        assert!(child.try_wait().unwrap().is_none());
        assert_eq!(send(15, &[there]), "SIGTERM sent to 1 process");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap()), Some(15));
    }

    #[test]
    fn a_root_that_is_no_member_any_more_is_nobody() {
        let own = std::process::id();
        let text = r#"{"id":"host:PID","name":"etl","kind":"attached","host":"a","started":null,"phase":"running",
            "memory":null,"cpu":null,"io":null,"workers":{"alive":0,"busy":0,"idle":0,"blocked":0,"lost":0,"finished":0},
            "progress":{"done":1,"total":2,"in_flight":null,"failed":null,"throughput":null,"time_left":null,"source":null},
            "beat":{"sources":[],"last":null,"last_source":null,"watched_since":null,"usual_gap":null},
            "members":[],"log":{"seen":0,"fresh":[]}}"#;
        let job: job::Job = serde_json::from_str(&text.replace("PID", &own.to_string())).unwrap();
        assert_eq!((root(&job), of(&job)), (None, None), "this process has that PID and is a stranger");
        assert!(run(Act::Nothing, &Places::from_env()).starts_with("its main process has ended"));
    }
}
